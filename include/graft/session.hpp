// SPDX-License-Identifier: Apache-2.0
//
//   graft::Session session = model.session({.system = "Answer in one sentence."});
//   std::cout << session.ask("Where is my parcel?").text;
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <graft/export.hpp>
#include <graft/generate.hpp>
#include <graft/message.hpp>

namespace graft::inline v0 {

enum class CacheType { automatic, f32, bf16 };  // automatic: bf16, or f32 where the model computes in f32

struct SessionOptions {
  std::string system = {};           // begins the conversation, unless empty
  const Adapter* adapter = nullptr;  // not owned; must outlive the session or be replaced by use()
  CacheType cache = CacheType::automatic;
};

// A conversation that remembers its keys and values: only what is new is computed. One thread at a time.
class GRAFT_EXPORT Session {
 public:
  // Adds a user's message, answers it, and remembers both. After an error, or when cancelled, the conversation is as
  // it was before.
  Generation ask(std::string_view message, const GenerateOptions& options = {});
  // Continues raw text; the beginning that the session has seen already is not computed again.
  Generation generate(std::string_view prompt, const GenerateOptions& options = {});

  std::span<const Message> conversation() const;
  void clear();                      // forgets the conversation, but for the system message
  void use(const Adapter* adapter);  // from the next call on; the memory is computed anew when it changes

  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  struct State;
  explicit Session(std::unique_ptr<State> state);

 private:
  std::unique_ptr<State> state_;
};

}  // namespace graft::inline v0
