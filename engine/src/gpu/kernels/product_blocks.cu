// Products with halves (which F32 and BF16 become as well) and with the types of 32 weights a block.
#include "product_kernels.cuh"

PRODUCTS(f16, TileF16)
PRODUCTS(q8_0, TileQ8_0)
PRODUCTS(q4_0, TileQ4_0)
PRODUCTS(q4_1, TileQ4_1)
PRODUCTS(q5_0, TileQ5_0)
PRODUCTS(q5_1, TileQ5_1)
PRODUCTS(iq4_nl, TileIQ4_NL)
PRODUCTS(iq4_xs, TileIQ4_XS)
