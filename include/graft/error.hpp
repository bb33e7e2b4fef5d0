// SPDX-License-Identifier: Apache-2.0
//
// Every failure of the library is one of these exceptions. A message names the file or the operation, the field, what
// was found and what was expected. After an error every object is as it was before the call.
#pragma once

#include <stdexcept>
#include <string>

#include <graft/export.hpp>

namespace graft::inline v0 {

// The base of all errors of the library.
class GRAFT_EXPORT Error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A file is missing, damaged, or could not be written.
class GRAFT_EXPORT FileError : public Error {
  using Error::Error;
};

// An argument or an option is out of its range, or two of them contradict each other.
class GRAFT_EXPORT ArgumentError : public Error {
  using Error::Error;
};

// The input is sound, but names something that this version cannot do (a model family, a tokenizer kind).
class GRAFT_EXPORT UnsupportedError : public Error {
  using Error::Error;
};

// A memory budget would be exceeded, or the object is in use by another call (busy).
class GRAFT_EXPORT ResourceError : public Error {
  using Error::Error;
};

// A computation gave no usable number: a loss that is not finite, a trainable tensor without a gradient.
class GRAFT_EXPORT NumericError : public Error {
  using Error::Error;
};

}  // namespace graft::inline v0
