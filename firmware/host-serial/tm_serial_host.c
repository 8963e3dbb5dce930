/* The firmware's serial line on the desktop, for tests: what a board answers to the bytes that come.
 *
 *   tm_serial_host CASE > ANSWERS
 *
 * A case: three 32-bit little-endian words, the bytes of the blob, of the arena and of each piece that arrives together;
 * the blob; what comes on the line. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tm_command.h"
#include "tm_mlperf.h"
#include "tm_port.h"

/* Of the board that is played: a clock whose every look at it takes so long. */
#define CLOCK_HZ        168000000u
#define CYCLES_PER_LOOK 168u

tm_link_hello tm_port_facts;

static void *blob;
static void *arena;
static uint32_t cycles;
static uint8_t *arriving;
static size_t arriving_bytes;
static size_t piece;
static size_t room_in_piece;

const void *tm_port_model(void) { return blob; }
void *tm_port_arena(void) { return arena; }
void tm_port_run_begin(void) {}
void tm_port_run_end(void) {}
void tm_port_mark(uint32_t value) { (void)value; }

uint32_t tm_port_cycles(void)
{
    cycles += CYCLES_PER_LOOK;
    return cycles;
}

static void fail(const char *what)
{
    (void)fprintf(stderr, "tm_serial_host: %s\n", what);
    exit(2);
}

static void *allocate(size_t bytes)
{
    void *const memory = malloc(bytes == 0u ? 1u : bytes);
    if (memory == NULL) {
        fail("out of memory");
    }
    return memory;
}

static uint32_t take_arrived(uint8_t *to, uint32_t room)
{
    size_t count = room < room_in_piece ? room : room_in_piece;
    count = count < arriving_bytes ? count : arriving_bytes;
    (void)memcpy(to, arriving, count);
    arriving += count;
    arriving_bytes -= count;
    room_in_piece -= count;
    return (uint32_t)count;
}

static void send(const uint8_t *from, uint32_t bytes)
{
    if (bytes != 0u && fwrite(from, 1u, bytes, stdout) != bytes) {
        fail("can't write the answers");
    }
}

static const tm_stream line = { .read = take_arrived, .write = send };

static void *read_bytes(FILE *file, size_t bytes)
{
    void *const memory = allocate(bytes);
    if (fread(memory, 1u, bytes, file) != bytes) {
        fail("the case file is cut short");
    }
    return memory;
}

int main(int argc, char **argv)
{
    uint32_t words[3];
    FILE *const file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL || fread(words, sizeof words, 1u, file) != 1u) {
        fail("give the path of a case file");
    }
    const long body = ftell(file) + (long)words[0];
    blob = read_bytes(file, words[0]);
    arena = allocate(words[1]);
    (void)memset(arena, 0xA5, words[1]);
    (void)fseek(file, 0, SEEK_END);
    arriving_bytes = (size_t)(ftell(file) - body);
    (void)fseek(file, body, SEEK_SET);
    uint8_t *const whole_line = read_bytes(file, arriving_bytes);
    (void)fclose(file);
    arriving = whole_line;
    piece = words[2];
    tm_port_facts = (tm_link_hello){
        .link_version = TM_LINK_VERSION,
        .clock_hz = CLOCK_HZ,
        .cycle_counter = 1u,
        .max_payload = TM_LINK_MAX_PAYLOAD,
        .model_bytes = words[0],
        .arena_bytes = words[1],
    };

    static tm_mlperf mlperf;
    static tm_receiver receiver;
    mlperf.stream = &line;
    receiver.stream = &line;
    receiver.stray = tm_mlperf_take;
    receiver.stray_context = &mlperf;
    tm_mlperf_greet(&mlperf);
    do {
        room_in_piece = piece;
        (void)tm_command_serve(&receiver);
    } while (arriving_bytes > 0u);
    free(whole_line);
    free(arena);
    free(blob);
    return fflush(stdout) == 0 ? 0 : 2;
}
