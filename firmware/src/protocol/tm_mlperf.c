#include "tm_mlperf.h"

#include <stddef.h>
#include <string.h>

#include "tm_kernels.h"
#include "tm_port.h"
#include "tm_text.h"

#define NAME     "thimble"
#define FIRMWARE "ULPMark for tinyML Firmware V0.0.1"
#define END      "\r\n"

enum { DEFAULT_RUNS = 1, DEFAULT_WARMUPS = 10, BYTES_PER_LINE = 8, FLOAT_BYTES = 4, ALIGNMENT = 4 };

static const tm_mlperf_task TASKS[] = {
    { "kws01", TM_MLPERF_KWS01_INPUT, TM_MLPERF_KWS01_INPUT_VALUES, TM_MLPERF_KWS01_OUTPUT_VALUES },
    { "ic01", TM_MLPERF_IC01_INPUT, TM_MLPERF_IC01_INPUT_VALUES, TM_MLPERF_IC01_OUTPUT_VALUES },
    { "vww01", TM_MLPERF_VWW01_INPUT, TM_MLPERF_VWW01_INPUT_VALUES, TM_MLPERF_VWW01_OUTPUT_VALUES },
    { "ad01", TM_MLPERF_AD01_INPUT, TM_MLPERF_AD01_INPUT_VALUES, TM_MLPERF_AD01_OUTPUT_VALUES },
};

static void put(const tm_mlperf *mlperf, const char *text) { tm_text_put(mlperf->stream, text); }

static void put_line(const tm_mlperf *mlperf, const char *text)
{
    put(mlperf, text);
    put(mlperf, END);
}

static void put_number_line(const tm_mlperf *mlperf, const char *before, uint64_t value, const char *behind)
{
    put(mlperf, before);
    tm_text_put_unsigned(mlperf->stream, value);
    put_line(mlperf, behind);
}

static void put_error(const tm_mlperf *mlperf, const char *what, const char *detail)
{
    put(mlperf, "e-[");
    put(mlperf, what);
    put(mlperf, detail);
    put_line(mlperf, "]");
}

/* ---- time */

void tm_mlperf_tick(tm_mlperf *mlperf)
{
    const uint32_t now = tm_port_cycles();
    mlperf->cycles += now - mlperf->counted;
    mlperf->counted = now;
}

void tm_mlperf_slept(tm_mlperf *mlperf, uint32_t cycles)
{
    mlperf->cycles += cycles;
    mlperf->counted = tm_port_cycles();
}

static void put_timestamp(tm_mlperf *mlperf)
{
    tm_mlperf_tick(mlperf);
    const uint64_t us = tm_port_facts.cycle_counter != 0u ? mlperf->cycles * 1000000u / tm_port_facts.clock_hz : 0u;
    put_number_line(mlperf, "m-lap-us-", us, "");
    mlperf->counted = tm_port_cycles();
}

static void after_op(void *context, uint32_t op)
{
    (void)op;
    tm_mlperf_tick(context);
}

static void before_op(void *context, uint32_t op)
{
    (void)context;
    tm_port_mark(op);
}

/* ---- the model in flash, told by its sizes */

static tm_tensor only_tensor(const tm_model *model, uint32_t count,
                             tm_status (*find)(const tm_model *, uint32_t, tm_tensor *))
{
    tm_tensor tensor = { 0 };
    if (count == 1u && find(model, 0u, &tensor) == TM_OK && tensor.info->dtype != TM_INT8) {
        tensor.bytes = 0u;
    }
    return tensor;
}

static tm_tensor input_of(const tm_mlperf *mlperf)
{
    return only_tensor(&mlperf->model, tm_model_input_count(&mlperf->model), tm_model_input);
}

static tm_tensor output_of(const tm_mlperf *mlperf)
{
    return only_tensor(&mlperf->model, tm_model_output_count(&mlperf->model), tm_model_output);
}

static uint32_t load_bytes(const tm_mlperf_task *task)
{
    return task->input == TM_MLPERF_FLOAT32 ? task->input_values * (uint32_t)FLOAT_BYTES : task->input_values;
}

/* An inference may overwrite its input: what was loaded stays behind the model's part of the arena, and with it the
 * quantized values of a float input. */
static uint8_t *room_behind(const tm_model *model, const tm_mlperf_task *task)
{
    const uint32_t needed = load_bytes(task) + (task->input == TM_MLPERF_FLOAT32 ? task->input_values : 0u);
    const uint32_t used = model->memory.arena_bytes;
    if (needed > tm_port_facts.arena_bytes - used) {
        return NULL;
    }
    const uint32_t at = (tm_port_facts.arena_bytes - needed) & ~((uint32_t)ALIGNMENT - 1u);
    return at < used ? NULL : (uint8_t *)tm_port_arena() + at;
}

static void begin(tm_mlperf *mlperf)
{
    mlperf->active = true;
    mlperf->task = NULL;
    mlperf->loaded = NULL;
    mlperf->loaded_bytes = 0u;
    mlperf->wanted_bytes = 0u;
    mlperf->ran = false;
    mlperf->status = tm_model_open(&mlperf->model, tm_port_model(), tm_port_facts.model_bytes, tm_port_arena(),
                                   tm_port_facts.arena_bytes);
    const uint32_t inputs = input_of(mlperf).bytes;
    const uint32_t outputs = output_of(mlperf).bytes;
    for (uint32_t i = 0u; i < sizeof TASKS / sizeof TASKS[0]; i++) {
        if (TASKS[i].input_values == inputs && TASKS[i].output_values == outputs) {
            mlperf->task = &TASKS[i];
            mlperf->loaded = room_behind(&mlperf->model, mlperf->task);
        }
    }
    mlperf->counted = tm_port_cycles();
}

/* Whether a benchmark's model is there; says what is missing. */
static bool ready(const tm_mlperf *mlperf)
{
    if (mlperf->status != TM_OK) {
        put_error(mlperf, "No model: ", tm_status_name(mlperf->status));
    } else if (mlperf->task == NULL) {
        put_error(mlperf, "The model in flash is not kws01, ic01, vww01 or ad01", "");
    } else if (mlperf->loaded == NULL) {
        put_error(mlperf, "The model leaves no RAM for its input", "");
    } else {
        return true;
    }
    return false;
}

/* ---- inference */

static uint8_t *quantized_of(const tm_mlperf *mlperf) { return mlperf->loaded + load_bytes(mlperf->task); }

static uint32_t arena_offset(const uint8_t *at) { return (uint32_t)(at - (const uint8_t *)tm_port_arena()); }

/* Once for all inferences on what was loaded, as the benchmark's th_load_tensor. */
static void quantize_loaded(const tm_mlperf *mlperf)
{
    const tm_tensor input = input_of(mlperf);
    const tm_quantize record = {
        .kind = TM_OP_QUANTIZE,
        .record_bytes = sizeof record,
        .output = { .offset = arena_offset(quantized_of(mlperf)), .bytes = input.bytes },
        .input = { .offset = arena_offset(mlperf->loaded), .bytes = load_bytes(mlperf->task) },
        .scale = input.info->scale,
        .zero_point = input.info->zero_point,
    };
    const tm_memory memory = { .arena = tm_port_arena(), .arena_bytes = tm_port_facts.arena_bytes };
    tm_quantize_int8(&record, &memory);
}

static void fill_input(const tm_mlperf *mlperf)
{
    const tm_tensor input = input_of(mlperf);
    if (mlperf->task->input == TM_MLPERF_UINT8) {
        /* x - 128 in eight bits turns the highest one around. */
        for (uint32_t i = 0u; i < input.bytes; i++) {
            input.data[i] = mlperf->loaded[i] ^ 0x80u;
        }
        return;
    }
    memcpy(input.data, mlperf->task->input == TM_MLPERF_FLOAT32 ? quantized_of(mlperf) : mlperf->loaded, input.bytes);
}

static void run(tm_mlperf *mlperf, uint32_t times)
{
    const tm_hooks hooks = { .context = mlperf, .before_op = before_op, .after_op = after_op };
    for (uint32_t i = 0u; i < times; i++) {
        fill_input(mlperf);
        (void)tm_model_run(&mlperf->model, 0u, tm_model_op_count(&mlperf->model), &hooks);
        tm_port_mark(TM_MARK_END);
    }
}

/* Mean squared error between what was loaded and what came out: the anomaly score of a window. */
static float mean_squared_error(const tm_mlperf *mlperf, const tm_tensor *output)
{
    const float *const window = (const float *)(const void *)mlperf->loaded;
    float sum = 0.0f;
    for (uint32_t i = 0u; i < output->bytes; i++) {
        const float value =
            output->info->scale * (float)((int32_t)(int8_t)output->data[i] - output->info->zero_point);
        const float difference = value - window[i];
        sum += difference * difference;
    }
    return sum / (float)output->bytes;
}

static void put_results(const tm_mlperf *mlperf)
{
    const tm_tensor output = output_of(mlperf);
    put(mlperf, "m-results-[");
    if (mlperf->task->input == TM_MLPERF_FLOAT32) {
        tm_text_put_fixed(mlperf->stream, mean_squared_error(mlperf, &output));
    } else {
        for (uint32_t i = 0u; i < output.bytes; i++) {
            put(mlperf, i == 0u ? "" : ",");
            tm_text_put_fixed(mlperf->stream, output.info->scale * (float)((int32_t)(int8_t)output.data[i] -
                                                                           output.info->zero_point));
        }
    }
    put_line(mlperf, "]");
}

static void infer(tm_mlperf *mlperf, char *arguments)
{
    const char *const runs_word = tm_text_next_word(&arguments);
    const char *const warmups_word = tm_text_next_word(&arguments);
    uint32_t runs = DEFAULT_RUNS;
    uint32_t warmups = DEFAULT_WARMUPS;
    if (*runs_word != '\0' && (!tm_text_read_unsigned(runs_word, UINT32_MAX, &runs) || runs == 0u)) {
        put_error(mlperf, "Inference iterations must be >0", "");
    } else if (*warmups_word != '\0' && !tm_text_read_unsigned(warmups_word, UINT32_MAX, &warmups)) {
        put_error(mlperf, "Inference warmup must be >=0", "");
    } else if (ready(mlperf)) {
        if (mlperf->loaded_bytes != load_bytes(mlperf->task)) {
            put_number_line(mlperf, "e-[The input takes ", load_bytes(mlperf->task), " bytes: load them first]");
            return;
        }
        if (mlperf->task->input == TM_MLPERF_FLOAT32) {
            quantize_loaded(mlperf);
        }
        put_number_line(mlperf, "m-warmup-start-", warmups, "");
        tm_port_run_begin();
        run(mlperf, warmups);
        tm_port_run_end();
        put_line(mlperf, "m-warmup-done");
        put_number_line(mlperf, "m-infer-start-", runs, "");
        put_timestamp(mlperf);
        tm_port_run_begin();
        run(mlperf, runs);
        tm_port_run_end();
        put_timestamp(mlperf);
        mlperf->ran = true;
        put_line(mlperf, "m-infer-done");
        put_results(mlperf);
    }
}

/* ---- the buffer */

static void load(tm_mlperf *mlperf, const char *word)
{
    uint32_t bytes = 0u;
    if (!tm_text_read_unsigned(word, UINT32_MAX, &bytes) || bytes == 0u) {
        put_error(mlperf, "Command 'db load' must be >0 bytes", "");
    } else if (bytes > load_bytes(mlperf->task)) {
        put_number_line(mlperf, "e-[The input takes no more than ", load_bytes(mlperf->task), " bytes]");
    } else {
        mlperf->wanted_bytes = bytes;
        mlperf->loaded_bytes = 0u;
        mlperf->ran = false;
        put_number_line(mlperf, "m-[Expecting ", bytes, " bytes]");
    }
}

/* All of a line's digits or, when one is none, nothing. Behind the last byte that is wanted they do not matter. */
static void add(tm_mlperf *mlperf, const char *digits)
{
    uint8_t bytes[TM_MLPERF_MAX_COMMAND / 2u];
    uint32_t count = 0u;
    for (; digits[2u * count] != '\0'; count++) {
        const uint32_t high = tm_text_read_hex(digits[2u * count]);
        const uint32_t low = tm_text_read_hex(digits[2u * count + 1u]);
        if (digits[2u * count + 1u] == '\0') {
            put_error(mlperf, "Insufficient number of hex digits", "");
            return;
        }
        if (high > 15u || low > 15u) {
            put_error(mlperf, "Invalid hex digit in ", digits);
            return;
        }
        bytes[count] = (uint8_t)(high << 4 | low);
    }
    const uint32_t left = mlperf->wanted_bytes - mlperf->loaded_bytes;
    if (left == 0u) {
        put_error(mlperf, "No bytes are expected: 'db load' first", "");
        return;
    }
    count = count < left ? count : left;
    memcpy(mlperf->loaded + mlperf->loaded_bytes, bytes, count);
    mlperf->loaded_bytes += count;
    if (mlperf->loaded_bytes == mlperf->wanted_bytes) {
        put_line(mlperf, "m-load-done");
    }
}

static void print(const tm_mlperf *mlperf)
{
    for (uint32_t i = 0u; i < mlperf->loaded_bytes; i++) {
        put(mlperf, i % BYTES_PER_LINE == 0u ? "m-buffer-" : "-");
        tm_text_put_hex(mlperf->stream, mlperf->loaded[i]);
        if ((i + 1u) % BYTES_PER_LINE == 0u || i + 1u == mlperf->loaded_bytes) {
            put(mlperf, END);
        }
    }
}

static void buffer(tm_mlperf *mlperf, char *arguments)
{
    const char *const word = tm_text_next_word(&arguments);
    if (*word == '\0') {
        put_error(mlperf, "Command 'db' requires a subcommand", "");
    } else if (ready(mlperf)) {
        if (tm_text_equal(word, "load")) {
            load(mlperf, tm_text_next_word(&arguments));
        } else if (tm_text_equal(word, "print")) {
            print(mlperf);
        } else {
            add(mlperf, word);
        }
    }
}

/* ---- the other commands */

static void name(tm_mlperf *mlperf, char *arguments)
{
    (void)arguments;
    put_line(mlperf, "m-name-dut-[" NAME "]");
}

static void profile(tm_mlperf *mlperf, char *arguments)
{
    (void)arguments;
    put_line(mlperf, "m-profile-[" FIRMWARE "]");
    if (ready(mlperf)) {
        put(mlperf, "m-model-[");
        put(mlperf, mlperf->task->id);
        put_line(mlperf, "]");
    }
}

static void timestamp(tm_mlperf *mlperf, char *arguments)
{
    (void)arguments;
    put_timestamp(mlperf);
}

static void results(tm_mlperf *mlperf, char *arguments)
{
    (void)arguments;
    if (!mlperf->ran) {
        put_error(mlperf, "Nothing was inferred yet", "");
        return;
    }
    put_results(mlperf);
}

static void help(tm_mlperf *mlperf, char *arguments);

static const struct {
    const char *word;
    const char *help;
    void (*run)(tm_mlperf *mlperf, char *arguments);
} COMMANDS[] = {
    { "help", "help: what there is", help },
    { "name", "name: the name of the device", name },
    { "timestamp", "timestamp: microseconds", timestamp },
    { "profile", "profile: firmware and model", profile },
    { "db", "db load N, then db HH[HH]* until N bytes are there; db print", buffer },
    { "infer", "infer N [W=10]: N inferences after W to warm up", infer },
    { "results", "results: of the last inference", results },
};

static void help(tm_mlperf *mlperf, char *arguments)
{
    (void)arguments;
    put_line(mlperf, FIRMWARE);
    for (uint32_t i = 0u; i < sizeof COMMANDS / sizeof COMMANDS[0]; i++) {
        put_line(mlperf, COMMANDS[i].help);
    }
}

static void execute(tm_mlperf *mlperf)
{
    char *arguments = mlperf->line;
    const char *const word = tm_text_next_word(&arguments);
    for (uint32_t i = 0u; i < sizeof COMMANDS / sizeof COMMANDS[0]; i++) {
        if (tm_text_equal(word, COMMANDS[i].word)) {
            mlperf->commands++;
            COMMANDS[i].run(mlperf, arguments);
            return;
        }
    }
    put_error(mlperf, "Unknown command: ", word);
}

/* ---- lines */

static void end_line(tm_mlperf *mlperf)
{
    mlperf->line[mlperf->filled] = '\0';
    if (!mlperf->active && !mlperf->overlong && tm_text_equal(mlperf->line, "name")) {
        begin(mlperf);
    }
    if (mlperf->active) {
        if (mlperf->damaged) {
            put_error(mlperf, "The command arrived damaged", "");
        } else if (mlperf->overlong) {
            put_number_line(mlperf, "e-[A command has no more than ", TM_MLPERF_MAX_COMMAND, " characters]");
        } else {
            execute(mlperf);
        }
        put_line(mlperf, "m-ready");
    }
    mlperf->filled = 0u;
    mlperf->overlong = false;
    mlperf->damaged = false;
}

static void take_byte(tm_mlperf *mlperf, uint8_t byte)
{
    if (byte == '%') {
        end_line(mlperf);
    } else if (byte == '\r' || byte == '\n') {
        /* a terminal's, between commands */
    } else if (byte < ' ' || byte > '~') {
        /* Before a runner has come, noise is what a command stands behind. */
        mlperf->damaged = mlperf->active;
        mlperf->filled = 0u;
        mlperf->overlong = false;
    } else if (mlperf->filled == TM_MLPERF_MAX_COMMAND) {
        mlperf->overlong = true;
    } else {
        mlperf->line[mlperf->filled++] = (char)byte;
    }
}

/* Whoever sends frames reads no text. */
static void end(tm_mlperf *mlperf)
{
    mlperf->active = false;
    mlperf->filled = 0u;
    mlperf->overlong = false;
    mlperf->damaged = false;
}

void tm_mlperf_take(void *context, const uint8_t *bytes, uint32_t count)
{
    if (count == 0u) {
        end(context);
    }
    for (uint32_t i = 0u; i < count; i++) {
        take_byte(context, bytes[i]);
    }
}

void tm_mlperf_greet(tm_mlperf *mlperf)
{
    put_line(mlperf, "m-timestamp-mode-performance");
    mlperf->counted = tm_port_cycles();
    put_timestamp(mlperf);
    put_line(mlperf, "m-init-done");
    put_line(mlperf, "m-ready");
}
