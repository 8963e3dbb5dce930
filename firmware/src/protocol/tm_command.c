#include "tm_command.h"

#include <stddef.h>
#include <string.h>

#include "thimble.h"
#include "tm_port.h"

#define MAX_PROFILED_OPS ((TM_LINK_MAX_PAYLOAD - sizeof(tm_link_ran)) / 4u)

typedef struct {
    const tm_stream *stream;
    const tm_frame *frame;
} tm_request;

static tm_model model;
static bool model_open;

/* ---- answers */

static void answer_begin(tm_sender *sender, const tm_request *request, uint32_t bytes)
{
    tm_frame_begin(sender, request->stream, request->frame->type | TM_LINK_ANSWER, request->frame->sequence, bytes);
}

static void answer(const tm_request *request, const void *head, uint32_t head_bytes, const void *tail,
                   uint32_t tail_bytes)
{
    tm_sender sender;
    answer_begin(&sender, request, head_bytes + tail_bytes);
    tm_frame_add(&sender, head, head_bytes);
    tm_frame_add(&sender, tail, tail_bytes);
    tm_frame_end(&sender);
}

static void answer_error(const tm_request *request, uint32_t code, uint32_t detail, const char *reason)
{
    const tm_link_error error = { .code = code, .detail = detail, .op = model.failed_op };
    uint32_t reason_bytes = 0u;
    while (reason[reason_bytes] != '\0') {
        reason_bytes++;
    }
    tm_sender sender;
    tm_frame_begin(&sender, request->stream, TM_LINK_ERROR, request->frame->sequence, sizeof error + reason_bytes);
    tm_frame_add(&sender, &error, sizeof error);
    tm_frame_add(&sender, reason, reason_bytes);
    tm_frame_end(&sender);
}

static bool inside(uint32_t offset, uint32_t bytes, uint32_t limit)
{
    return offset <= limit && bytes <= limit - offset;
}

/* ---- running, with a mark before each op and the cycles of each */

typedef struct {
    uint64_t total;
    uint32_t started; /* the counter at the last mark */
    uint32_t first;
    uint32_t op;       /* that runs now */
    uint32_t profiled; /* ops that op_cycles has room for in this run */
} tm_timing;

static uint32_t op_cycles[MAX_PROFILED_OPS];

/* An op lasts from its mark to the next one. Summed op by op, so that a run may take longer than the counter's 32 bits
 * last. */
static void end_op(tm_timing *timing)
{
    const uint32_t now = tm_port_cycles();
    const uint32_t cycles = now - timing->started;
    timing->total += cycles;
    if (timing->op - timing->first < timing->profiled) {
        op_cycles[timing->op - timing->first] = cycles;
    }
    timing->started = now;
}

static void before_op(void *context, uint32_t op)
{
    tm_timing *timing = context;
    tm_port_mark(op);
    if (op == timing->first) {
        timing->started = tm_port_cycles();
    } else {
        end_op(timing);
    }
    timing->op = op;
}

static tm_status run_ops(uint32_t first, uint32_t end, uint32_t profiled, tm_link_ran *ran)
{
    tm_timing timing = { .first = first, .profiled = profiled };
    const tm_hooks hooks = { .context = &timing, .before_op = before_op };
    tm_port_run_begin();
    const tm_status status = tm_model_run(&model, first, end, &hooks);
    tm_port_mark(TM_MARK_END);
    if (first != end) {
        end_op(&timing);
    }
    tm_port_run_end();
    const bool present = tm_port_facts.cycle_counter != 0u;
    ran->cycles_present = present ? 1u : 0u;
    ran->cycles_low = present ? (uint32_t)timing.total : 0u;
    ran->cycles_high = present ? (uint32_t)(timing.total >> 32) : 0u;
    return status;
}

/* ---- commands; each is called with a payload of at least its own size */

static void hello(const tm_request *request)
{
    answer(request, &tm_port_facts, sizeof tm_port_facts, NULL, 0u);
}

static tm_link_span span_of(uint32_t index, uint32_t inputs)
{
    tm_tensor tensor = { 0 };
    (void)(index < inputs ? tm_model_input(&model, index, &tensor)
                          : tm_model_output(&model, index - inputs, &tensor));
    return (tm_link_span){ .offset = tensor.arena_offset, .bytes = tensor.bytes };
}

static void open_model(const tm_request *request)
{
    const tm_status status = tm_model_open(&model, tm_port_model(), tm_port_facts.model_bytes, tm_port_arena(),
                                           tm_port_facts.arena_bytes);
    model_open = status == TM_OK;
    if (!model_open) {
        answer_error(request, TM_ERROR_MODEL_REFUSED, (uint32_t)status, tm_status_name(status));
        return;
    }
    const tm_link_opened opened = {
        .ops = tm_model_op_count(&model),
        .arena_bytes = model.memory.arena_bytes,
        .inputs = tm_model_input_count(&model),
        .outputs = tm_model_output_count(&model),
    };
    const uint32_t tensors = opened.inputs + opened.outputs;
    if (tensors > (TM_LINK_MAX_PAYLOAD - sizeof opened) / sizeof(tm_link_span)) {
        answer_error(request, TM_ERROR_OUT_OF_RANGE, tensors, "too many inputs and outputs to list");
        return;
    }
    tm_sender sender;
    answer_begin(&sender, request, (uint32_t)(sizeof opened + tensors * sizeof(tm_link_span)));
    tm_frame_add(&sender, &opened, sizeof opened);
    for (uint32_t i = 0u; i < tensors; i++) {
        const tm_link_span span = span_of(i, opened.inputs);
        tm_frame_add(&sender, &span, sizeof span);
    }
    tm_frame_end(&sender);
}

static void write_arena(const tm_request *request)
{
    tm_link_write to;
    memcpy(&to, request->frame->payload, sizeof to);
    const uint32_t bytes = request->frame->bytes - (uint32_t)sizeof to;
    if (!inside(to.offset, bytes, model.memory.arena_bytes)) {
        answer_error(request, TM_ERROR_OUT_OF_RANGE, to.offset, "outside of the arena");
        return;
    }
    memcpy((uint8_t *)tm_port_arena() + to.offset, request->frame->payload + sizeof to, bytes);
    answer(request, NULL, 0u, NULL, 0u);
}

static void read_arena(const tm_request *request)
{
    tm_link_span from;
    memcpy(&from, request->frame->payload, sizeof from);
    if (from.bytes > TM_LINK_MAX_PAYLOAD || !inside(from.offset, from.bytes, model.memory.arena_bytes)) {
        answer_error(request, TM_ERROR_OUT_OF_RANGE, from.offset, "outside of the arena");
        return;
    }
    answer(request, (const uint8_t *)tm_port_arena() + from.offset, from.bytes, NULL, 0u);
}

static void run(const tm_request *request)
{
    tm_link_run wanted;
    memcpy(&wanted, request->frame->payload, sizeof wanted);
    const uint32_t ops = wanted.end - wanted.first;
    const uint32_t profiled = wanted.profile != 0u ? ops : 0u;
    if (wanted.first > wanted.end || wanted.end > tm_model_op_count(&model) || profiled > MAX_PROFILED_OPS) {
        answer_error(request, TM_ERROR_OUT_OF_RANGE, wanted.end, "no such ops");
        return;
    }
    tm_link_ran ran;
    const tm_status status = run_ops(wanted.first, wanted.end, profiled, &ran);
    if (status != TM_OK) {
        answer_error(request, TM_ERROR_RUN_FAILED, (uint32_t)status, tm_status_name(status));
        return;
    }
    answer(request, &ran, sizeof ran, op_cycles, ran.cycles_present != 0u ? profiled * 4u : 0u);
}

static void infer(const tm_request *request)
{
    tm_link_write to;
    memcpy(&to, request->frame->payload, sizeof to);
    const uint32_t bytes = request->frame->bytes - (uint32_t)sizeof to;
    tm_tensor input = { 0 };
    tm_tensor output = { 0 };
    (void)tm_model_input(&model, 0u, &input); /* where there is none, it stays empty */
    (void)tm_model_output(&model, 0u, &output);
    if (to.offset > input.bytes || bytes != input.bytes - to.offset) {
        answer_error(request, TM_ERROR_OUT_OF_RANGE, input.bytes, "the bytes do not end the input");
        return;
    }
    memcpy(input.data + to.offset, request->frame->payload + sizeof to, bytes);
    tm_link_ran ran;
    const tm_status status = run_ops(0u, tm_model_op_count(&model), 0u, &ran);
    if (status != TM_OK) {
        answer_error(request, TM_ERROR_RUN_FAILED, (uint32_t)status, tm_status_name(status));
        return;
    }
    const uint32_t room = TM_LINK_MAX_PAYLOAD - (uint32_t)sizeof ran;
    answer(request, &ran, sizeof ran, output.data, output.bytes < room ? output.bytes : room);
}

/* The answer still goes out at the old rate. */
static void change_rate(const tm_request *request)
{
    tm_link_rate rate;
    memcpy(&rate, request->frame->payload, sizeof rate);
    const tm_stream *const stream = request->stream;
    const uint32_t nearest = stream->nearest_rate != NULL ? stream->nearest_rate(rate.baud) : 0u;
    if (nearest == 0u) {
        answer_error(request, TM_ERROR_NO_RATE, rate.baud, "no such rate");
        return;
    }
    const tm_link_rate answered = { .baud = nearest };
    answer(request, &answered, sizeof answered, NULL, 0u);
    stream->set_rate(rate.baud);
}

static const struct {
    uint32_t type;
    uint32_t payload; /* bytes it needs */
    bool exact;       /* and not one more */
    bool needs_model;
    void (*handle)(const tm_request *request);
} COMMANDS[] = {
    { TM_LINK_HELLO, 0u, true, false, hello },
    { TM_LINK_OPEN, 0u, true, false, open_model },
    { TM_LINK_WRITE, sizeof(tm_link_write), false, true, write_arena },
    { TM_LINK_READ, sizeof(tm_link_span), true, true, read_arena },
    { TM_LINK_RUN, sizeof(tm_link_run), true, true, run },
    { TM_LINK_INFER, sizeof(tm_link_write), false, true, infer },
    { TM_LINK_RATE, sizeof(tm_link_rate), true, false, change_rate },
};

static void handle(const tm_request *request)
{
    for (uint32_t i = 0u; i < sizeof COMMANDS / sizeof COMMANDS[0]; i++) {
        if (COMMANDS[i].type != request->frame->type) {
            continue;
        }
        const uint32_t bytes = request->frame->bytes;
        if (bytes < COMMANDS[i].payload || (COMMANDS[i].exact && bytes != COMMANDS[i].payload)) {
            answer_error(request, TM_ERROR_BAD_LENGTH, COMMANDS[i].payload, "wrong length");
        } else if (COMMANDS[i].needs_model && !model_open) {
            answer_error(request, TM_ERROR_NO_MODEL, 0u, "no model is open");
        } else {
            COMMANDS[i].handle(request);
        }
        return;
    }
    answer_error(request, TM_ERROR_UNKNOWN_COMMAND, request->frame->type, "unknown command");
}

bool tm_command_serve(tm_receiver *receiver)
{
    bool served = false;
    for (;;) {
        tm_frame frame;
        const tm_request request = { .stream = receiver->stream, .frame = &frame };
        const tm_frame_result result = tm_frame_receive(receiver, &frame);
        if (result == TM_FRAME_NONE) {
            return served;
        }
        served = true;
        if (result == TM_FRAME_WHOLE) {
            handle(&request);
        } else {
            answer_error(&request, TM_ERROR_BAD_FRAME, 0u, "CRC");
        }
    }
}
