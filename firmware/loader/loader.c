/* The loader: runs in the chip's RAM while a debug probe writes flash, hashes flash and programs it from two buffers that
   the host fills in turns. It knows no chip: each job names the flash controller's registers. Interrupts and faults stay
   out: a fault locks the core up, which the host sees. Nothing here may need a fixed address: no data, no tables.

   Sources: the flash controllers' programming sequences (RM0090 3.6.3, RM0385 3.3.8, RM0433 4.3.9), the independent
   watchdog's key (RM0090 21.4.1), the reset request (Armv7-M ARM B3.2.6). */

#include "tm_loader.h"

#include <stddef.h>

#define AIRCR_ADDRESS 0xE000ED0Cu
#define AIRCR_RESET 0x05FA0004u
#define WATCHDOG_RELOAD 0xAAAAu
/* A watchdog's shortest time is 125 us (RM0090 21.3.3) only when a program has set it so; option bytes start it with 512 ms. */
#define RELOAD_POLLS 0x4000u
/* the same for words of a hash */
#define RELOAD_WORDS 0x1000u

/* A loop that is a function of its own is one that a virtual board translates by itself, while it still runs. */
#define SEPARATE __attribute__((noinline))

static volatile uint32_t *word_at(uint32_t address)
{
    return (volatile uint32_t *)(uintptr_t)address;
}

static inline void finish_writes(void)
{
    __asm__ volatile("dsb" ::: "memory");
}

/* A watchdog that the option bytes started runs on; reloading one that was never started does nothing. */
static inline void reload(uint32_t watchdog)
{
    *word_at(watchdog) = WATCHDOG_RELOAD;
}

static inline uint32_t rotate(uint32_t word, uint32_t by)
{
    return (word << by) | (word >> (32u - by));
}

static inline uint32_t scramble(uint32_t word, uint32_t first, uint32_t by, uint32_t second)
{
    return rotate(word * first, by) * second;
}

static inline uint32_t avalanche(uint32_t word)
{
    word ^= word >> 16;
    word *= 0x85EBCA6Bu;
    word ^= word >> 13;
    word *= 0xC2B2AE35u;
    return word ^ (word >> 16);
}

/* MurmurHash3_x86_128 (A. Appleby, public domain) of whole words, seed 0: src-main/device/flash-hash.ts is its twin. */
static SEPARATE void hash(const tm_loader_request *job, uint32_t watchdog, volatile uint32_t *result)
{
    const uint32_t c1 = 0x239B961Bu;
    const uint32_t c2 = 0xAB0E9789u;
    const uint32_t c3 = 0x38B34AE5u;
    const uint32_t c4 = 0xA1E38B93u;
    const volatile uint32_t *from = word_at(job->address);
    uint32_t h1 = 0u;
    uint32_t h2 = 0u;
    uint32_t h3 = 0u;
    uint32_t h4 = 0u;
    uint32_t left = job->bytes / 4u;

    for (; left >= 4u; left -= 4u) {
        h1 = (rotate(h1 ^ scramble(from[0], c1, 15u, c2), 19u) + h2) * 5u + 0x561CCD1Bu;
        h2 = (rotate(h2 ^ scramble(from[1], c2, 16u, c3), 17u) + h3) * 5u + 0x0BCAA747u;
        h3 = (rotate(h3 ^ scramble(from[2], c3, 17u, c4), 15u) + h4) * 5u + 0x96CD1C35u;
        h4 = (rotate(h4 ^ scramble(from[3], c4, 18u, c1), 13u) + h1) * 5u + 0x32AC3B17u;
        from += 4;
        if (left % RELOAD_WORDS < 4u) {
            reload(watchdog);
        }
    }
    if (left > 2u) {
        h3 ^= scramble(from[2], c3, 17u, c4);
    }
    if (left > 1u) {
        h2 ^= scramble(from[1], c2, 16u, c3);
    }
    if (left > 0u) {
        h1 ^= scramble(from[0], c1, 15u, c2);
    }
    h1 ^= job->bytes;
    h2 ^= job->bytes;
    h3 ^= job->bytes;
    h4 ^= job->bytes;
    h1 += h2 + h3 + h4;
    h2 += h1;
    h3 += h1;
    h4 += h1;
    h1 = avalanche(h1);
    h2 = avalanche(h2);
    h3 = avalanche(h3);
    h4 = avalanche(h4);
    h1 += h2 + h3 + h4;
    result[0] = h1;
    result[1] = h2 + h1;
    result[2] = h3 + h1;
    result[3] = h4 + h1;
}

static SEPARATE uint32_t program(const tm_loader_request *job, uint32_t watchdog, volatile tm_loader_answer *answer)
{
    const uint32_t unit_bytes = job->unit_bytes;
    const uint32_t busy = job->busy;
    const uint32_t pause = job->pause;
    const uint32_t bad = busy | job->errors;
    const volatile uint32_t *status = word_at(job->status);
    const volatile uint32_t *from = word_at(job->source);
    volatile uint32_t *to = word_at(job->address);
    uint32_t result = TM_LOADER_DONE;

    *word_at(job->control) = job->program_bits;
    for (uint32_t left = job->bytes; left >= unit_bytes && result == TM_LOADER_DONE; left -= unit_bytes) {
        uint32_t polls = job->polls;
        uint32_t flags;

        for (uint32_t at = 0u; at < unit_bytes; at += 4u) {
            *to++ = *from++;
        }
        finish_writes();
        do {
            for (uint32_t turns = pause; turns > 0u; turns--) {
                __asm__ volatile("nop");
            }
            flags = *status;
            polls--;
        } while ((flags & busy) != 0u && polls > 0u);
        if ((flags & bad) != 0u) {
            result = (flags & job->errors) != 0u ? TM_LOADER_REFUSED : TM_LOADER_BUSY;
            answer->flags = flags;
            answer->stopped_at = (uint32_t)(uintptr_t)to - unit_bytes;
        }
        reload(watchdog);
    }
    *word_at(job->control) = job->idle_bits;
    finish_writes();
    return result;
}

/* A host that went away leaves a board that starts anew. */
static SEPARATE void await(const volatile tm_loader_job *job, uint32_t watchdog, uint32_t polls)
{
    for (; job->request.number == job->answer.number; polls--) {
        if (polls % RELOAD_POLLS == 0u) {
            reload(watchdog);
        }
        if (polls == 0u) {
            *word_at(AIRCR_ADDRESS) = AIRCR_RESET;
            finish_writes();
        }
    }
}

__attribute__((section(".entry"), noreturn, used)) void tm_loader(volatile tm_loader_mailbox *mailbox);

/* The host puts the mailbox's address into r0, and the stack where the layout says. */
void tm_loader(volatile tm_loader_mailbox *mailbox)
{
    const uint32_t watchdog = mailbox->watchdog;
    const uint32_t idle_polls = mailbox->idle_polls;

    __asm__ volatile("cpsid f" ::: "memory");
    mailbox->ready = TM_LOADER_READY;
    for (uint32_t turn = 0u;; turn = (turn + 1u) % TM_LOADER_JOBS) {
        volatile tm_loader_job *job = &mailbox->jobs[turn];
        tm_loader_request request;
        uint32_t result = TM_LOADER_UNKNOWN_OP;

        await(job, watchdog, idle_polls);
        request = job->request;
        if (request.op == TM_LOADER_HASH) {
            hash(&request, watchdog, job->answer.hash);
            result = TM_LOADER_DONE;
        } else if (request.op == TM_LOADER_PROGRAM) {
            result = program(&request, watchdog, &job->answer);
        }
        job->answer.result = result;
        finish_writes();
        job->answer.number = request.number;
    }
}
