#include "blocks.h"

#include <string.h>

#include "../memory.h"
#include "atoms.h"
#include "vocabulary.h"

enum { EVENTS_CAPACITY = 65536 };

static size_t row_size(const struct player *player) { return (size_t)player->longest_block * sizeof(float); }

static float *row(const struct player *player, float *rows, int32_t index) {
    return rows + (size_t)index * (size_t)player->longest_block;
}

/* Rows: the mix; what nothing hears, an output each; in fixed blocks also the inputs, the side-chain, the outputs. */
bool blocks_create(struct player *player) {
    const struct program *program = player->program;
    int32_t inputs = player->channels + player->side_inputs;
    int32_t fixed = program->block_size ? inputs + player->channels : 0;
    player->rows = memory_allocate((size_t)(1 + program->outputs + fixed) * row_size(player));
    player->block_inputs = memory_allocate((size_t)inputs * sizeof *player->block_inputs);
    player->block_outputs = memory_allocate((size_t)player->channels * sizeof *player->block_outputs);
    if (!player->rows || !player->block_inputs || !player->block_outputs) return false;
    player->mix = player->rows;
    player->unheard = row(player, player->rows, 1);
    float *fixed_rows = row(player, player->rows, 1 + program->outputs);
    for (int32_t i = 0; fixed && i < inputs; i++) player->block_inputs[i] = row(player, fixed_rows, i);
    for (int32_t i = 0; fixed && i < player->channels; i++) {
        player->block_outputs[i] = row(player, fixed_rows, inputs + i);
    }
    return true;
}

void blocks_destroy(struct player *player) {
    memory_free(player->rows);
    memory_free((void *)player->block_inputs);
    memory_free(player->block_outputs);
}

void blocks_clear(struct player *player) {
    player->filled = 0;
    if (!player->program->block_size) return;
    for (int32_t i = 0; i < player->channels; i++) memset(player->block_outputs[i], 0, row_size(player));
}

void blocks_scale_controls(struct player *player, const float *slots) {
    const struct program *program = player->program;
    for (int32_t i = 0; i < program->port_count; i++) {
        const struct port *port = &program->ports[i];
        bool is_scaled = port->kind == PORT_CONTROL && !port->is_output && (port->flags & PORT_BY_SAMPLE_RATE);
        if (is_scaled && port->slot >= 0) *player->controls[i] = slots[port->slot] * (float)player->sample_rate;
    }
}

/* Events in. */

void blocks_drop_messages(struct player *player) {
    uint32_t size;
    while (ring_next(&player->messages, &size)) ring_read(&player->messages, player->message);
}

void blocks_add_midi(struct player *player, int32_t frame, const uint8_t *midi, int32_t size) {
    uint32_t whole = (uint32_t)sizeof(struct lv2_atom_event) + atom_padded((uint32_t)size);
    if (size <= 0 || whole > EVENTS_CAPACITY - player->events_size) return;
    struct lv2_atom_event *event = (struct lv2_atom_event *)(player->events + player->events_size);
    event->frame = player->position + frame;
    event->body = (struct lv2_atom){(uint32_t)size, vocabulary.midi_event};
    memcpy(event + 1, midi, (size_t)size);
    player->events_size += whole;
}

static void write_events(struct player *player, struct voices *voices, int64_t start, int32_t frames) {
    voices_clear_events(voices);
    uint32_t size;
    while (ring_next(&player->messages, &size)) {
        ring_read(&player->messages, player->message);
        voices_add_event(voices, PORT_PATCH, 0, (const struct lv2_atom *)player->message);
    }
    uint32_t taken = 0;
    while (taken < player->events_size) {
        const struct lv2_atom_event *event = (const struct lv2_atom_event *)(player->events + taken);
        if (event->frame >= start + frames) break;
        voices_add_event(voices, PORT_MIDI, event->frame > start ? event->frame - start : 0, &event->body);
        taken += (uint32_t)sizeof *event + atom_padded(event->body.size);
    }
    if (taken) memmove(player->events, player->events + taken, player->events_size - taken);
    player->events_size -= taken;
}

/* Events out. */

/* The news ring holds a key and an atom: what Python reads of a property. */
static void tell(void *context, uint32_t key, const struct lv2_atom *value) {
    struct player *player = context;
    uint32_t size = (uint32_t)(sizeof key + sizeof *value) + value->size;
    if (size > LV2_LONGEST_MESSAGE) return;
    memcpy(player->message, &key, sizeof key);
    memcpy(player->message + sizeof key, value, sizeof *value + value->size);
    ring_write(&player->news, size, player->message);
}

static void hear(void *context, const struct lv2_atom_event *event) {
    struct player *player = context;
    const struct lv2_atom_object *object = (const struct lv2_atom_object *)&event->body;
    if (event->body.type != vocabulary.atom_object || event->body.size < sizeof *object - sizeof object->atom) return;
    if (object->kind == vocabulary.state_changed) {
        atomic_store(&player->program->has_changed, true);
    } else if (object->kind == vocabulary.patch_set) {
        const struct lv2_atom *property = object_value(&object->atom, vocabulary.patch_property);
        const struct lv2_atom *value = object_value(&object->atom, vocabulary.patch_value);
        if (property && value && property->size == sizeof(uint32_t)) tell(player, *(const uint32_t *)(property + 1), value);
    } else if (object->kind == vocabulary.patch_put) {
        const struct lv2_atom *body = object_value(&object->atom, vocabulary.patch_body);
        if (body) object_visit(body, tell, player);
    }
}

static void read_events(struct player *player, struct voices *voices) {
    const struct program *program = player->program;
    for (int32_t b = 0; b < program->block_port_count; b++) {
        int32_t i = program->block_ports[b];
        const struct port *port = &program->ports[i];
        if (port->kind != PORT_ATOM || !port->is_output) continue;
        sequence_visit(voices->list[0].buffers[i], atom_port_capacity(port), hear, player);
    }
}

/* Audio. */

static void average(float *to, const float *const *rows, int32_t count, int32_t frames) {
    memcpy(to, rows[0], (size_t)frames * sizeof *to);
    for (int32_t r = 1; r < count; r++) {
        for (int32_t i = 0; i < frames; i++) to[i] += rows[r][i];
    }
    const float share = 1.0f / (float)count;
    for (int32_t i = 0; i < frames; i++) to[i] *= share;
}

static void connect_side_chain(struct player *player, struct voices *voices, struct voice *voice,
                               const float *const *inputs) {
    const struct program *program = player->program;
    int32_t side = 0;
    for (int32_t b = 0; b < program->block_port_count; b++) {
        int32_t i = program->block_ports[b];
        if (program->ports[i].kind != PORT_SIDE_CHAIN) continue;
        const float *data = side < player->side_inputs ? inputs[player->channels + side] : voices->zero;
        voice_connect(voices, voice, i, (void *)data);
        side++;
    }
}

static void run_per_channel(struct player *player, struct voices *voices, const float *const *inputs,
                            float *const *outputs, int32_t frames) {
    const struct program *program = player->program;
    for (int32_t c = 0; c < voices->count; c++) {
        struct voice *voice = &voices->list[c];
        for (int32_t b = 0; b < program->block_port_count; b++) {
            int32_t i = program->block_ports[b];
            const struct port *port = &program->ports[i];
            if (port->kind != PORT_AUDIO) continue;
            voice_connect(voices, voice, i, port->is_output ? (void *)outputs[c] : (void *)inputs[c]);
        }
        if (program->side_inputs) connect_side_chain(player, voices, voice, inputs);
        voice_run(voices, voice, frames);
    }
}

static const float *input_of(const struct player *player, const struct voices *voices, const float *const *inputs,
                             int32_t index, int32_t frames) {
    if (player->program->inputs == 1 && player->channels > 1) {
        average(player->mix, inputs, player->channels, frames);
        return player->mix;
    }
    if (player->channels == 1 && index == 1) return inputs[0];
    return index < player->channels ? inputs[index] : voices->zero;
}

static void run_once(struct player *player, struct voices *voices, const float *const *inputs, float *const *outputs,
                     int32_t frames) {
    const struct program *program = player->program;
    struct voice *voice = &voices->list[0];
    int32_t input = 0, output = 0;
    for (int32_t b = 0; b < program->block_port_count; b++) {
        int32_t i = program->block_ports[b];
        const struct port *port = &program->ports[i];
        if (port->kind != PORT_AUDIO) continue;
        if (port->is_output) {
            float *unheard = row(player, player->unheard, output);
            voice_connect(voices, voice, i, output < player->channels ? outputs[output] : unheard);
            output++;
        } else {
            voice_connect(voices, voice, i, (void *)input_of(player, voices, inputs, input, frames));
            input++;
        }
    }
    if (program->side_inputs) connect_side_chain(player, voices, voice, inputs);
    voice_run(voices, voice, frames);
    if (player->channels == 1 && program->outputs > 1) {
        const float *const both[] = {outputs[0], row(player, player->unheard, 1)};
        average(outputs[0], both, 2, frames);
    }
    for (int32_t c = 1; c < player->channels && program->outputs == 1; c++) {
        memcpy(outputs[c], outputs[0], (size_t)frames * sizeof(float));
    }
}

static void run(struct player *player, int64_t start, const float *const *inputs, float *const *outputs,
                int32_t frames) {
    struct voices *voices = atomic_load_explicit(&player->playing, memory_order_acquire);
    const struct program *program = player->program;
    atomic_store_explicit(&voices->has_run, true, memory_order_relaxed);
    if (program->has_atoms) write_events(player, voices, start, frames);
    if (program_is_per_channel(program)) {
        run_per_channel(player, voices, inputs, outputs, frames);
    } else {
        run_once(player, voices, inputs, outputs, frames);
    }
    if (program->has_atoms) read_events(player, voices);
}

void blocks_process(struct player *player, const float *const *inputs, float *const *outputs, int32_t frames) {
    run(player, player->position, inputs, outputs, frames);
}

void blocks_process_fixed(struct player *player, const float *const *inputs, float *const *outputs, int32_t frames) {
    int32_t rows = player->channels + player->side_inputs;
    int32_t size = player->program->block_size;
    for (int32_t done = 0, count; done < frames; done += count) {
        count = frames - done < size - player->filled ? frames - done : size - player->filled;
        size_t bytes = (size_t)count * sizeof(float);
        for (int32_t r = 0; r < rows; r++) {
            memcpy((float *)player->block_inputs[r] + player->filled, inputs[r] + done, bytes);
        }
        for (int32_t r = 0; r < player->channels; r++) {
            memcpy(outputs[r] + done, player->block_outputs[r] + player->filled, bytes);
        }
        player->filled += count;
        if (player->filled < size) continue;
        int64_t start = player->position + done + count - size;
        run(player, start, player->block_inputs, player->block_outputs, size);
        player->filled = 0;
    }
}
