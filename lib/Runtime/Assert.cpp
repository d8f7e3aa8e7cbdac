//===- Assert.cpp - Failed assertions end the call, not the process -------===//

#include "QLinalg/Runtime/Blocks.h"
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
  HeldBlocks held;
  /// How many parallel regions are around it.
  int level;
  CallFrame *outer;
};
} // namespace

static thread_local CallFrame *innermost = nullptr;

const char *qlinalg::protectedCall(void (*function)(void **), void **arguments) {
  CallFrame frame;
  frame.message = nullptr;
  frame.level = omp_get_level();
  frame.outer = innermost;
  innermost = &frame;
  beginCall(frame.held);
  if (setjmp(frame.environment) == 0)
    function(arguments);
  innermost = frame.outer;
  endCall(frame.held, frame.message != nullptr);
  return frame.message;
}

void qlinalg_rt_assert_fail(const char *message) {
  // Jumping out of a parallel region would leave the other threads of the team waiting, and OpenMP
  // in a state of its own where the team is one thread.
  if (innermost && omp_get_level() == innermost->level) {
    innermost->message = message;
    std::longjmp(innermost->environment, 1);
  }
  std::fflush(nullptr);
  std::fprintf(stderr, "error: %s\n", message);
  std::_Exit(1);
}
