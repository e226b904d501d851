#include "runtime.h"
#include "launch.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <vector>

extern const emulator::Entry* const all_tables[];

namespace emulator {

thread_local Fibre* current = nullptr;
thread_local Launch launch;

namespace {

constexpr size_t STACK = 256 * 1024;
constexpr size_t PAGE = 4096;
constexpr unsigned WARP = 32;

// What one thread of the processor needs to run blocks.
struct Machine {
    void* stack_pointer = nullptr; // the scheduler's own, while a fibre runs
    std::vector<unsigned char*> stacks;
    std::vector<Fibre> fibres;
    std::vector<unsigned char> shared;
    unsigned arrived = 0;
    const Entry* entry = nullptr;
    void* const* arguments = nullptr;
    char fault[512] = {0};
};

thread_local Machine machine;

extern "C" void emulator_switch(void** save, void* load);

#if defined(__x86_64__)
asm(R"(
.text
.type emulator_switch, @function
emulator_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size emulator_switch, .-emulator_switch
)");
constexpr size_t SAVED = 6 * sizeof(void*);
void* prepare(unsigned char* top, void (*entry)()) {
    // The function is entered as after a call: 8 bytes below a multiple of 16.
    void** at = reinterpret_cast<void**>(top - 8);
    *--at = reinterpret_cast<void*>(entry);
    return reinterpret_cast<unsigned char*>(at) - SAVED;
}
#elif defined(__aarch64__)
asm(R"(
.text
.type emulator_switch, %function
emulator_switch:
    sub sp, sp, #160
    stp x19, x20, [sp, #0]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    ret
.size emulator_switch, .-emulator_switch
)");
void* prepare(unsigned char* top, void (*entry)()) {
    void** at = reinterpret_cast<void**>(top - 160);
    at[11] = reinterpret_cast<void*>(entry); // x30
    return at;
}
#else
#error "the emulator switches fibres on x86-64 and aarch64 alone"
#endif

void leave() {
    emulator_switch(&current->stack_pointer, machine.stack_pointer);
}

void body() {
    machine.entry->call(machine.entry->kernel, machine.arguments);
    current->state = State::done;
    leave();
    abort(); // a thread that has ended is not run again
}

unsigned char* stack(size_t at) {
    while (machine.stacks.size() <= at) {
        void* memory = mmap(nullptr, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) abort();
        mprotect(memory, PAGE, PROT_NONE); // a stack that overflows must not reach its neighbour
        machine.stacks.push_back(static_cast<unsigned char*>(memory));
    }
    return machine.stacks[at] + STACK;
}

void fault(const char* format, const Fibre& at, const char* what) {
    if (machine.fault[0]) return;
    snprintf(machine.fault, sizeof machine.fault, format, launch.block.x, launch.block.y, launch.block.z, at.thread.x,
             at.thread.y, at.thread.z, what, at.file ? at.file : "", at.line);
}

// Says why no thread of the block can go on.
void stuck() {
    const Fibre* waits = nullptr;
    unsigned done = 0;
    for (const Fibre& fibre : machine.fibres) {
        if (fibre.state == State::done) done++;
        else if (!waits) waits = &fibre;
    }
    if (!waits) return;
    const char* what = waits->state == State::barrier
        ? (done ? "waits at a barrier for threads that have ended" : "waits at a barrier that others do not reach")
        : "waits in a collective of its warp for lanes that never come";
    fault("block (%u, %u, %u), thread (%u, %u, %u) %s: %s:%d", *waits, what);
}

void run_block() {
    const unsigned count = launch.threads.x * launch.threads.y * launch.threads.z;
    machine.fibres.assign(count, Fibre{});
    machine.arrived = 0;
    for (unsigned i = 0; i < count; i++) {
        Fibre& fibre = machine.fibres[i];
        fibre.thread = {i % launch.threads.x, i / launch.threads.x % launch.threads.y,
                        i / (launch.threads.x * launch.threads.y)};
        fibre.lane = i % WARP;
        fibre.warp = i / WARP;
        fibre.state = State::ready;
        fibre.stack_pointer = prepare(stack(i), body);
    }
    // Every other block runs its threads backwards: what works in one order alone lacks a barrier.
    const bool backwards = (launch.block.x + launch.block.y + launch.block.z) % 2;
    unsigned done = 0;
    while (done < count && !machine.fault[0]) {
        bool moved = false;
        for (unsigned step = 0; step < count && !machine.fault[0]; step++) {
            Fibre& fibre = machine.fibres[backwards ? count - 1 - step : step];
            if (fibre.state != State::ready) continue;
            moved = true;
            current = &fibre;
            emulator_switch(&machine.stack_pointer, fibre.stack_pointer);
            if (fibre.state == State::done) done++;
        }
        if (!moved) {
            stuck();
            break;
        }
    }
    current = nullptr;
}

} // namespace

void barrier(const char* file, int line, int vote) {
    Fibre& me = *current;
    me.file = file;
    me.line = line;
    me.vote = vote;
    me.state = State::barrier;
    if (++machine.arrived == machine.fibres.size()) {
        machine.arrived = 0;
        unsigned yes = 0;
        for (Fibre& fibre : machine.fibres) {
            if (fibre.line != line || strcmp(fibre.file, file) != 0) {
                fault("block (%u, %u, %u), thread (%u, %u, %u) %s: %s:%d", fibre, "is at another barrier than the others");
                leave();
            }
            yes += fibre.vote != 0;
            fibre.state = State::ready;
        }
        launch.votes = unsigned(machine.fibres.size());
        launch.yes = yes;
        return;
    }
    leave();
}

void collective_raw(unsigned mask, void* request, void (*combine)(void**, unsigned), const char* file, int line) {
    Fibre& me = *current;
    me.file = file;
    me.line = line;
    me.request = request;
    me.combine = combine;
    me.mask = mask;
    const size_t base = size_t(me.warp) * WARP;
    const size_t lanes = machine.fibres.size() - base < WARP ? machine.fibres.size() - base : WARP;
    if (lanes < WARP) mask &= (1u << lanes) - 1; // a warp that is not full
    me.state = State::collective;
    if (!(mask >> me.lane & 1)) {
        fault("block (%u, %u, %u), thread (%u, %u, %u) %s: %s:%d", me, "is not in the mask of its own collective");
        leave();
    }
    void* requests[WARP] = {nullptr};
    for (size_t lane = 0; lane < lanes; lane++) {
        if (!(mask >> lane & 1)) continue;
        Fibre& other = machine.fibres[base + lane];
        if (other.state != State::collective) {
            leave(); // not the last
            return;
        }
        if (other.combine != combine || other.mask != me.mask) {
            fault("block (%u, %u, %u), thread (%u, %u, %u) %s: %s:%d", other, "is in another collective than its warp");
            leave();
        }
        requests[lane] = other.request;
    }
    combine(requests, mask);
    for (size_t lane = 0; lane < lanes; lane++)
        if (mask >> lane & 1) machine.fibres[base + lane].state = State::ready;
}

} // namespace emulator

using namespace emulator;

// The kernel of a name, or null.
extern "C" const Entry* emulator_find(const char* name) {
    for (const Entry* const* table = all_tables; *table; table++)
        for (const Entry* entry = *table; entry->name; entry++)
            if (strcmp(entry->name, name) == 0) return entry;
    return nullptr;
}

extern "C" unsigned emulator_argument_count(const Entry* entry) {
    return entry->count;
}

extern "C" unsigned emulator_argument_size(const Entry* entry, unsigned at) {
    return entry->sizes[at];
}

// Runs a kernel; null, or what went wrong (valid until this thread's next launch).
extern "C" const char* emulator_launch(const Entry* entry, const unsigned* grid, const unsigned* threads, unsigned shared,
                                       void* const* arguments) {
    machine.fault[0] = 0;
    machine.entry = entry;
    machine.arguments = arguments;
    launch = Launch{};
    launch.grid = dim3(grid[0], grid[1], grid[2]);
    launch.threads = dim3(threads[0], threads[1], threads[2]);
    machine.shared.assign(shared + 2 * 128, 0);
    launch.shared = reinterpret_cast<unsigned char*>((reinterpret_cast<uintptr_t>(machine.shared.data()) + 127) / 128 * 128);
    for (unsigned z = 0; z < grid[2] && !machine.fault[0]; z++)
        for (unsigned y = 0; y < grid[1] && !machine.fault[0]; y++)
            for (unsigned x = 0; x < grid[0] && !machine.fault[0]; x++) {
                launch.block = {x, y, z};
                // All bits set is no number in any floating type: what was never written shows.
                memset(launch.shared, 0xff, shared + 64);
                run_block();
                if (machine.fault[0]) break;
                for (unsigned i = 0; i < 64; i++)
                    if (launch.shared[shared + i] != 0xff) {
                        snprintf(machine.fault, sizeof machine.fault, "block (%u, %u, %u) writes beyond its %u bytes of shared memory",
                                 x, y, z, shared);
                        break;
                    }
            }
    return machine.fault[0] ? machine.fault : nullptr;
}
