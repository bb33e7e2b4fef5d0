// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>
#include <string>
#include <string_view>

namespace graft::inline v0 {

// The local time of the clock.
std::tm current_moment();
// "2026-03-04T05:06:07", or only the date. ArgumentError: it is something else.
std::tm parse_moment(const std::string& text);
// As strftime() in the C locale, whatever locale the process has set: %a %A %b %B %d %e %H %I %j %m %M %p %S %y %Y %F
// %T
// %% and the - that leaves out leading zeros. Other letters stay as they are.
std::string format_moment(const std::tm& moment, std::string_view format);

}  // namespace graft::inline v0
