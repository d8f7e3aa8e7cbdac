//===- Processor.cpp - What code is generated for -------------------------===//

#include "QLinalg/Driver/Processor.h"
#include "QLinalg/Driver/Diagnostics.h"
#include "QLinalg/Kernels/TargetTable.h"
#include "QLinalg/Runtime/Abi.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/AArch64TargetParser.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/TargetParser/X86TargetParser.h"

#include <mutex>

using namespace qlinalg;

/// LLVM's backend; null if this LLVM lacks the architecture.
static const llvm::Target *findBackend(const llvm::Triple &triple) {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
    // For module assembly, see Embed.cpp.
    llvm::InitializeAllAsmParsers();
  });
  std::string error;
  return llvm::TargetRegistry::lookupTarget(triple, error);
}

static Processor nativeProcessor() {
  llvm::SubtargetFeatures features;
  // As lookupTarget, without what the system must be asked for.
  for (const auto &feature : llvm::sys::getHostCPUFeatures())
    features.AddFeature(feature.first(), feature.second && !feature.first().starts_with("amx"));
  return {"native", llvm::Triple(llvm::sys::getProcessTriple()), llvm::sys::getHostCPUName().str(),
          features.getString()};
}

llvm::Expected<Processor> qlinalg::resolveProcessor(llvm::StringRef name) {
  Processor native = nativeProcessor();
  if (name == "native")
    return native;
  llvm::StringRef cpu = getLLVMProcessor(name);
  bool isX86 = llvm::X86::parseArchX86(cpu, /*Only64Bit=*/true) != llvm::X86::CK_None;
  if (!isX86 && !llvm::AArch64::parseCpu(cpu))
    return makeError("unknown cpu '" + name +
                     "': expected native, avx2, avxvnni, avx512vnni, amx, neon-dotprod, "
                     "neon-i8mm, or LLVM's name of a processor of x86-64 or AArch64");
  llvm::Triple triple(isX86 ? "x86_64-unknown-linux-gnu" : "aarch64-unknown-linux-gnu");
  // This machine's system, where it can run the code.
  return Processor{name.str(), triple.getArch() == native.triple.getArch() ? native.triple : triple,
                   cpu.str(), ""};
}

/// Instructions that code comes to hold unasked. Processors differ in many more, for systems
/// and cryptography, which virtual machines often hide.
static bool isUsedByCode(llvm::StringRef instructionSet) {
  static constexpr llvm::StringLiteral others[] = {
      "aes",       "clflushopt", "cldemote", "clwb",     "clzero",     "cx8",     "cx16",
      "enqcmd",    "fsgsbase",   "fxsr",     "hreset",   "invpcid",    "kl",      "lwp",
      "movdir64b", "movdiri",    "mwaitx",   "pclmul",   "pconfig",    "pku",     "prfchw",
      "ptwrite",   "rdpid",      "rdpru",    "rdrnd",    "rdseed",     "rtm",     "sahf",
      "serialize", "sgx",        "sha",      "sha512",   "shstk",      "sm3",     "sm4",
      "tsxldtrk",  "uintr",      "usermsr",  "vaes",     "vpclmulqdq", "waitpkg", "wbnoinvd",
      "widekl",    "xsave",      "xsavec",   "xsaveopt", "xsaves"};
  return !llvm::is_contained(others, instructionSet);
}

std::vector<std::string> qlinalg::instructionSets(const Processor &processor) {
  std::vector<std::string> names;
  const llvm::Target *backend = findBackend(processor.triple);
  if (!backend)
    return names;
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(
      backend->createMCSubtargetInfo(processor.triple, processor.cpu, processor.features));
  // The names that this machine has or lacks; all others only tune the code.
  llvm::StringMap<bool, llvm::MallocAllocator> sets = llvm::sys::getHostCPUFeatures();
  for (const auto &feature : subtarget->getEnabledProcessorFeatures())
    if (sets.contains(feature.Key) && isUsedByCode(feature.Key))
      names.push_back(feature.Key);
  return names;
}

llvm::Error qlinalg::checkRunsHere(const Processor &processor) {
  Processor native = nativeProcessor();
  if (processor.triple.getArch() != native.triple.getArch())
    return makeError("expected a cpu of this machine's architecture, " +
                     native.triple.getArchName() + ", got '" + processor.name + "' of " +
                     processor.triple.getArchName());
  llvm::StringMap<bool, llvm::MallocAllocator> available = llvm::sys::getHostCPUFeatures();
  std::vector<std::string> missing = instructionSets(processor);
  const char *tiles = "amx-tile";
  int32_t selected = 0;
  if (llvm::is_contained(missing, tiles) && qlinalg_rt_select(&tiles, 1, &selected) != 0)
    available[tiles] = false;
  llvm::erase_if(missing, [&](const std::string &name) { return available.lookup(name); });
  if (missing.empty())
    return llvm::Error::success();
  return makeError("cannot run code for cpu '" + processor.name + "' here: this processor, " +
                   native.cpu + ", lacks " + llvm::join(missing, ", "));
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
qlinalg::createTargetMachine(const Processor &processor) {
  const llvm::Target *backend = findBackend(processor.triple);
  if (!backend)
    return makeError("cannot generate code for " + processor.triple.str());
  return std::unique_ptr<llvm::TargetMachine>(backend->createTargetMachine(
      processor.triple, processor.cpu, processor.features, llvm::TargetOptions(), llvm::Reloc::PIC_,
      std::nullopt, llvm::CodeGenOptLevel::Aggressive));
}
