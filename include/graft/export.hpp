// SPDX-License-Identifier: Apache-2.0
#pragma once

// Marks what a shared library exports; everything else is hidden.
#if defined(_WIN32)
#if defined(GRAFT_SHARED_BUILD)
#define GRAFT_EXPORT __declspec(dllexport)
#elif defined(GRAFT_SHARED)
#define GRAFT_EXPORT __declspec(dllimport)
#else
#define GRAFT_EXPORT
#endif
#else
#define GRAFT_EXPORT __attribute__((visibility("default")))
#endif
