// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "graft/tokenizer.hpp"
#include "tokenizers/loaded_tokenizer.hpp"
