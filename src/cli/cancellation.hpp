// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <stop_token>
#include <thread>

#include "cli/command.hpp"

namespace graft::inline v0 {

// Turns the first interrupt (Ctrl-C, SIGTERM) into a request to stop; a second one ends the program. To be made before
// any other thread.
class Cancellation {
 public:
  Cancellation() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGUSR2}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    waiter_ = std::thread([this, signals] {
      for (int number = 0; sigwait(&signals, &number) == 0 && number != SIGUSR2;) {
        if (source_.stop_requested()) _exit(kCancelled);
        source_.request_stop();
      }
    });
  }
  ~Cancellation() {
    pthread_kill(waiter_.native_handle(), SIGUSR2);
    waiter_.join();
  }
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::thread waiter_;
};

}  // namespace graft::inline v0
