// The threads of a block as fibres on one thread of the processor. A fibre runs until it must wait for others (a barrier, a
// collective of its warp) or ends; then the next one goes on. What can never go on is an error with the place.
#pragma once
#include <cstddef>
#include <cstdint>

struct uint3 {
    unsigned x, y, z;
};
struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

namespace emulator {

enum class State { ready, barrier, collective, done };

struct Fibre {
    void* stack_pointer;
    uint3 thread;
    unsigned lane;
    unsigned warp;
    State state;
    // where it waits
    const char* file;
    int line;
    // what it brings to a barrier or a collective
    int vote;
    void* request;
    void (*combine)(void** lanes, unsigned mask);
    unsigned mask;
};

struct Launch {
    uint3 block;
    dim3 grid, threads;
    unsigned char* shared;
    unsigned votes, yes; // of the last whole barrier
};

extern thread_local Fibre* current;
extern thread_local Launch launch;

// Waits for all threads of the block.
void barrier(const char* file, int line, int vote = 0);

// Waits for the lanes in `mask`; the last to arrive calls `combine` with every lane's request, null where a lane takes no part.
void collective_raw(unsigned mask, void* request, void (*combine)(void**, unsigned), const char* file, int line);

template <class Request>
void collective(unsigned mask, Request& request, void (*combine)(Request**, unsigned), const char* file = "", int line = 0) {
    collective_raw(mask, &request, reinterpret_cast<void (*)(void**, unsigned)>(combine), file, line);
}

} // namespace emulator
