// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace graft::inline v0::jinja {

// The shortest decimal text that reads back as the number, as Python writes it: 0.1, 1e+16, 2.0, inf.
std::string number_text(double number);

}  // namespace graft::inline v0::jinja
