// AMX's instructions for a processor without them, as Intel's manual defines them (Instruction Set
// Reference, TDPBSUD and its neighbours). A register is the address of a tile; each result is a new
// one.

#include <stdint.h>

struct Tile {
  uint8_t bytes[16][64];
};

// More than are alive at any time.
static struct Tile tiles[256];
static int64_t next;

static struct Tile *makeTile(void) {
  struct Tile *tile = &tiles[next++ % 256];
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 64; ++j)
      tile->bytes[i][j] = 0;
  return tile;
}

struct Tile *emulated_tilezero(int16_t rows, int16_t bytes) {
  (void)rows, (void)bytes;
  return makeTile();
}

struct Tile *emulated_tileloadd64(int16_t rows, int16_t bytes, const uint8_t *base,
                                  int64_t stride) {
  struct Tile *tile = makeTile();
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < bytes; ++j)
      tile->bytes[i][j] = base[i * stride + j];
  return tile;
}

void emulated_tilestored64(int16_t rows, int16_t bytes, uint8_t *base, int64_t stride,
                           const struct Tile *tile) {
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < bytes; ++j)
      base[i * stride + j] = tile->bytes[i][j];
}

struct Tile *emulated_tdpbsud(int16_t rows, int16_t resultBytes, int16_t innerBytes,
                              const struct Tile *sums, const struct Tile *lhs,
                              const struct Tile *rhs) {
  struct Tile *tile = makeTile();
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < resultBytes / 4; ++j) {
      const uint8_t *old = &sums->bytes[i][4 * j];
      uint32_t sum = old[0] | old[1] << 8 | old[2] << 16 | (uint32_t)old[3] << 24;
      for (int k = 0; k < innerBytes; ++k)
        sum += (uint32_t)((int8_t)lhs->bytes[i][k] * rhs->bytes[k / 4][4 * j + k % 4]);
      for (int byte = 0; byte < 4; ++byte)
        tile->bytes[i][4 * j + byte] = sum >> 8 * byte;
    }
  return tile;
}
