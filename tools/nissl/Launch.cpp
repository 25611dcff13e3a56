// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/nissl/Launch.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#ifdef NISSL_MPI
#include <mpi.h>
#endif

namespace nissl::driver {

using support::Error;

Launch launchOfProcess() {
  for (auto [size, rank] :
       {std::pair{"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"}, {"PMI_SIZE", "PMI_RANK"}}) {
    const char *sizeText = std::getenv(size), *rankText = std::getenv(rank);
    if (sizeText != nullptr && rankText != nullptr) {
      return {std::max(1u, static_cast<unsigned>(std::strtoul(sizeText, nullptr, 10))),
              static_cast<unsigned>(std::strtoul(rankText, nullptr, 10))};
    }
  }
  return {};
}

#ifdef NISSL_MPI

namespace {

/// MPI's errors end all ranks, as is its default.
class MpiRanks final : public runtime::Ranks {
public:
  static std::unique_ptr<MpiRanks> join() {
    int provided = 0, rank = 0, size = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    return std::make_unique<MpiRanks>(static_cast<unsigned>(rank), static_cast<unsigned>(size));
  }
  MpiRanks(unsigned rank, unsigned size)
      : Ranks(rank, size), lengths(size), offsets(size), small(size * sizeof(Small)) {}
  ~MpiRanks() override { MPI_Finalize(); }

private:
  /// Most messages are short: these need one call.
  struct Small {
    uint64_t length;
    std::byte bytes[504];
  };

  void exchange(std::span<const std::byte> own, std::vector<std::vector<std::byte>>& all) override {
    Small mine{};
    mine.length = own.size();
    std::copy_n(own.begin(), std::min(own.size(), sizeof(mine.bytes)), mine.bytes);
    MPI_Allgather(&mine, sizeof(Small), MPI_BYTE, small.data(), sizeof(Small), MPI_BYTE, MPI_COMM_WORLD);
    uint64_t longest = 0;
    for (unsigned rank = 0; rank < size(); ++rank) {
      Small one;
      std::memcpy(&one, small.data() + rank * sizeof(Small), sizeof(Small));
      all[rank].resize(one.length);
      std::copy_n(one.bytes, std::min(one.length, uint64_t{sizeof(one.bytes)}), all[rank].begin());
      longest = std::max(longest, one.length);
    }
    // MPI counts in 31 bits.
    const uint64_t piece = (uint64_t{1} << 30) / size();
    for (uint64_t begin = sizeof(mine.bytes); begin < longest; begin += piece) {
      exchangePiece(own, begin, piece, all);
    }
  }

  /// Bytes [begin, begin + most) of every message, as far as there are any.
  void exchangePiece(std::span<const std::byte> own, uint64_t begin, uint64_t most,
                     std::vector<std::vector<std::byte>>& all) {
    int sum = 0;
    for (unsigned rank = 0; rank < size(); ++rank) {
      uint64_t left = all[rank].size() - std::min(begin, uint64_t{all[rank].size()});
      lengths[rank] = static_cast<int>(std::min(left, most));
      offsets[rank] = sum;
      sum += lengths[rank];
    }
    pieces.resize(static_cast<size_t>(sum));
    MPI_Allgatherv(own.data() + std::min(begin, uint64_t{own.size()}), lengths[rank()], MPI_BYTE,
                   pieces.data(), lengths.data(), offsets.data(), MPI_BYTE, MPI_COMM_WORLD);
    for (unsigned rank = 0; rank < size(); ++rank) {
      std::copy_n(pieces.begin() + offsets[rank], lengths[rank],
                  all[rank].begin() + static_cast<ptrdiff_t>(std::min(begin, uint64_t{all[rank].size()})));
    }
  }

  std::vector<int> lengths, offsets;
  std::vector<std::byte> small, pieces;
};

} // namespace

std::unique_ptr<runtime::Ranks> joinRanks(Launch launch) {
  if (launch.size == 1) {
    return nullptr;
  }
  std::unique_ptr<MpiRanks> ranks = MpiRanks::join();
  if (ranks->size() != launch.size) {
    throw Error::machine("NS0941",
                         "{} processes were started, but MPI knows {}; start them with the mpirun of the "
                         "OpenMPI that Nissl was built with",
                         launch.size, ranks->size());
  }
  return ranks;
}

#else

std::unique_ptr<runtime::Ranks> joinRanks(Launch launch) {
  if (launch.size == 1) {
    return nullptr;
  }
  throw Error::machine("NS0940",
                       "{} processes were started, but this Nissl was built without MPI; install "
                       "libopenmpi-dev and build it again, or run one process with --threads",
                       launch.size);
}

#endif

} // namespace nissl::driver
