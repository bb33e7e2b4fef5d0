// SPDX-License-Identifier: Apache-2.0
//
// The whole public interface.
#pragma once

#include <graft/active_selection.hpp>
#include <graft/adalora_adapter.hpp>
#include <graft/adapter.hpp>
#include <graft/augment.hpp>
#include <graft/classification.hpp>
#include <graft/cleaning.hpp>
#include <graft/dataset.hpp>
#include <graft/device.hpp>
#include <graft/error.hpp>
#include <graft/example_stream.hpp>
#include <graft/few_shot.hpp>
#include <graft/generate.hpp>
#include <graft/group.hpp>
#include <graft/layers.hpp>
#include <graft/load_options.hpp>
#include <graft/lora_adapter.hpp>
#include <graft/message.hpp>
#include <graft/metrics.hpp>
#include <graft/mix_adapters.hpp>
#include <graft/model.hpp>
#include <graft/optimizers.hpp>
#include <graft/preference_options.hpp>
#include <graft/profile.hpp>
#include <graft/prompt_adapters.hpp>
#include <graft/schedules.hpp>
#include <graft/self_training.hpp>
#include <graft/session.hpp>
#include <graft/table.hpp>
#include <graft/table_encoding.hpp>
#include <graft/table_model.hpp>
#include <graft/tasks.hpp>
#include <graft/text_metrics.hpp>
#include <graft/text_pairs.hpp>
#include <graft/tokenizer.hpp>
#include <graft/tokenizer_train_options.hpp>
#include <graft/train_options.hpp>
#include <graft/train_report.hpp>
#include <graft/trainer.hpp>
#include <graft/transfer_options.hpp>
#include <graft/vector_adapters.hpp>
#include <graft/version.hpp>
