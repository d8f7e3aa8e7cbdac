//===- Clones.h - One loop, several instruction sets ------------*- C++ -*-===//
//
// QLINALG_CLONES compiles a function for several x86-64 levels; the loader
// picks one. All give the same bits: no clone may contract or reassociate.
// QLINALG_INLINE marks what must be inlined into a clone to be compiled for
// its level.
//
//===----------------------------------------------------------------------===//

#ifndef QLINALG_NUMERICS_CLONES_H
#define QLINALG_NUMERICS_CLONES_H

#if defined(__x86_64__) && defined(__ELF__) && defined(__OPTIMIZE__) && !defined(QLINALG_NO_CLONES)
#define QLINALG_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define QLINALG_CLONES
#endif

#define QLINALG_INLINE inline __attribute__((always_inline))

#endif // QLINALG_NUMERICS_CLONES_H
