// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>
#include <type_traits>

namespace graft::inline v0 {

// A borrowed callable that takes one piece of a text; it must outlive the call that it is passed to.
class PieceSink {
 public:
  template <class Take>
  requires(!std::is_same_v<std::remove_cvref_t<Take>, PieceSink>) PieceSink(Take&& take)
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(take)))),
        call_([](void* object, std::string_view piece) {
          (*static_cast<std::remove_reference_t<Take>*>(object))(piece);
        }) {}

  void operator()(std::string_view piece) const { call_(object_, piece); }

 private:
  void* object_;
  void (*call_)(void*, std::string_view);
};

}  // namespace graft::inline v0
