/* Generated from src-main/device/loader-layout.ts: change the table there; its test, run with vitest -u, writes this file. */

#ifndef TM_LOADER_H

#define TM_LOADER_H

#include <stdint.h>

/* The loader. */
#define TM_LOADER_READY      0x444C4D54u /* "TMLD" */
#define TM_LOADER_JOBS       2u
#define TM_LOADER_HASH       1u
#define TM_LOADER_PROGRAM    2u
#define TM_LOADER_DONE       1u
#define TM_LOADER_REFUSED    2u /* an error flag is set */
#define TM_LOADER_BUSY       3u /* the controller stays busy */
#define TM_LOADER_UNKNOWN_OP 4u

/* What the host asks for. */
typedef struct {
    uint32_t op; /* TM_LOADER_HASH or TM_LOADER_PROGRAM */
    uint32_t address; /* a multiple of unit_bytes */
    uint32_t bytes; /* a multiple of 4, of unit_bytes where flash is programmed */
    uint32_t source; /* what is programmed */
    uint32_t control; /* the flash controller's control register */
    uint32_t program_bits; /* what it holds while flash is programmed */
    uint32_t idle_bits; /* and afterwards */
    uint32_t status; /* the status register */
    uint32_t busy; /* its bits that are set while the controller works */
    uint32_t errors; /* its bits that tell of an error */
    uint32_t unit_bytes; /* what the controller programs at once */
    uint32_t polls; /* of the status register at most, for each unit */
    uint32_t pause; /* turns of an empty loop between two polls */
    uint32_t number; /* written last: a job begins when it differs from the number of the answer */
} tm_loader_request;
_Static_assert(sizeof(tm_loader_request) == 56, "tm_loader_request has padding");

/* What came of it. */
typedef struct {
    uint32_t result; /* TM_LOADER_DONE, or what follows it */
    uint32_t stopped_at; /* the unit that could not be programmed */
    uint32_t flags; /* the status register then */
    uint32_t hash[4]; /* of `bytes` from `address` on */
    uint32_t number; /* of the request, written last */
} tm_loader_answer;
_Static_assert(sizeof(tm_loader_answer) == 32, "tm_loader_answer has padding");

/* Jobs take turns: the first, the second, the first again. */
typedef struct {
    tm_loader_request request;
    tm_loader_answer answer;
} tm_loader_job;
_Static_assert(sizeof(tm_loader_job) == 88, "tm_loader_job has padding");

/* The host writes the settings before it starts the loader. */
typedef struct {
    uint32_t watchdog; /* the independent watchdog's key register */
    uint32_t idle_polls; /* so often the next job is looked for before the chip is reset */
    uint32_t ready; /* TM_LOADER_READY, from the loader */
    tm_loader_job jobs[2];
} tm_loader_mailbox;
_Static_assert(sizeof(tm_loader_mailbox) == 188, "tm_loader_mailbox has padding");

#endif /* TM_LOADER_H */
