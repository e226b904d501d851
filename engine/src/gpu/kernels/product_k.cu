// Products with the K types.
#include "product_kernels.cuh"

PRODUCTS(q2_k, TileQ2_K)
PRODUCTS(q3_k, TileQ3_K)
PRODUCTS(q4_k, TileQ4_K)
PRODUCTS(q5_k, TileQ5_K)
PRODUCTS(q6_k, TileQ6_K)
