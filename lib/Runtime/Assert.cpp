//===- Assert.cpp - Failed assertions end the call, not the process -------===//

#include "QLinalg/Runtime/Invoke.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <omp.h>

using namespace qlinalg;

namespace {
/// One call in progress on this thread. Only plain data: a jump runs no destructor.
struct CallFrame {
  std::jmp_buf environment;
  const char *message;
  CallFrame *outer;
};
} // namespace

static thread_local CallFrame *innermost = nullptr;

const char *qlinalg::protectedCall(void (*function)(void **), void **arguments) {
  CallFrame frame;
  frame.message = nullptr;
  frame.outer = innermost;
  innermost = &frame;
  if (setjmp(frame.environment) == 0)
    function(arguments);
  innermost = frame.outer;
  return frame.message;
}

void qlinalg_rt_assert_fail(const char *message) {
  // Jumping out of a parallel region would leave the other threads of the team waiting.
  if (innermost && !omp_in_parallel()) {
    innermost->message = message;
    std::longjmp(innermost->environment, 1);
  }
  std::fflush(nullptr);
  std::fprintf(stderr, "error: %s\n", message);
  std::_Exit(1);
}
