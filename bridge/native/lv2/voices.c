#include "voices.h"

#include "../memory.h"
#include "atoms.h"

enum { SETTLING_BLOCKS = 4, LONGEST_LATENCY = 1 << 24 };

uint32_t atom_port_capacity(const struct port *port) {
    uint32_t size = port->minimum_size > LV2_ATOM_BUFFER ? port->minimum_size : LV2_ATOM_BUFFER;
    return atom_padded(size) + (uint32_t)sizeof(struct lv2_atom_sequence);
}

/* State. Inside hosting_enter(). */

static enum lv2_state_status store(void *handle, uint32_t key, const void *value, size_t size, uint32_t type,
                                   uint32_t flags) {
    if (!key || !value) return LV2_STATE_UNKNOWN;
    if (!(flags & LV2_STATE_IS_POD) || size > UINT32_MAX) return LV2_STATE_BAD_TYPE;
    bool kept = properties_set(handle, key, type, flags, (uint32_t)size, value);
    return kept ? LV2_STATE_SUCCESS : LV2_STATE_NO_SPACE;
}

static const void *retrieve(void *handle, uint32_t key, size_t *size, uint32_t *type, uint32_t *flags) {
    const struct property *property = properties_find(handle, key);
    if (size) *size = property ? property->size : 0;
    if (type) *type = property ? property->type : 0;
    if (flags) *flags = property ? property->flags : 0;
    return property ? property->value : NULL;
}

struct inquiry {
    const struct properties *given;
    struct properties *asked;
};

static const void *retrieve_and_note(void *handle, uint32_t key, size_t *size, uint32_t *type, uint32_t *flags) {
    const struct inquiry *inquiry = handle;
    properties_set(inquiry->asked, key, 0, 0, 0, NULL);
    return retrieve((void *)inquiry->given, key, size, type, flags);
}

bool voices_save(struct voices *voices, struct properties *properties) {
    const struct lv2_state *state = voices->program->state;
    if (!state || !state->save) return false;
    struct features features;
    features_fill_state(&features, voices->program, &voices->list[0].worker.schedule);
    struct properties saved = {0, 0, NULL};
    if (state->save(voices->list[0].instance, store, &saved, LV2_STATE_IS_POD, features.list) != LV2_STATE_SUCCESS) {
        properties_clear(&saved);
        return false;
    }
    properties_clear(properties);
    *properties = saved;
    return true;
}

void voices_restore(struct voices *voices, const struct properties *properties) {
    const struct lv2_state *state = voices->program->state;
    if (!state || !state->restore) return;
    for (int32_t i = 0; i < voices->count; i++) {
        struct features features;
        features_fill_state(&features, voices->program, &voices->list[i].worker.schedule);
        state->restore(voices->list[i].instance, retrieve, (void *)properties, 0, features.list);
    }
}

void voices_learn_keys(struct voices *voices, const struct properties *properties, struct properties *asked) {
    const struct lv2_state *state = voices->program->state;
    if (!state || !state->restore) return;
    struct features features;
    struct inquiry inquiry = {properties, asked};
    features_fill_state(&features, voices->program, &voices->list[0].worker.schedule);
    state->restore(voices->list[0].instance, retrieve_and_note, &inquiry, 0, features.list);
}

/* Life. Inside hosting_enter(). */

static void connect_ports(const struct voices *voices, struct voice *voice, float *const *controls) {
    const struct program *program = voices->program;
    for (int32_t i = 0; i < program->port_count; i++) {
        const struct port *port = &program->ports[i];
        void *data = NULL;
        switch (port->kind) {
        case PORT_CONTROL: data = port->is_output ? &voice->outputs[i] : controls[i]; break;
        case PORT_CV: data = port->is_output ? voice->buffers[i] : voices->zero; break;
        case PORT_ATOM: data = voice->buffers[i]; break;
        case PORT_AUDIO: /* until a block says where the audio is */
        case PORT_SIDE_CHAIN: data = port->is_output ? voices->unheard : voices->zero; break;
        case PORT_UNCONNECTED: break;
        }
        voice->connected[i] = data;
        program->plugin->connect_port(voice->instance, (uint32_t)i, data);
    }
}

static bool create_buffers(const struct voices *voices, struct voice *voice) {
    const struct program *program = voices->program;
    size_t ports = (size_t)program->port_count;
    voice->connected = memory_allocate(ports * sizeof *voice->connected);
    voice->buffers = memory_allocate(ports * sizeof *voice->buffers);
    voice->outputs = memory_allocate(ports * sizeof *voice->outputs);
    if (!voice->connected || !voice->buffers || !voice->outputs) return false;
    for (int32_t i = 0; i < program->port_count; i++) {
        const struct port *port = &program->ports[i];
        size_t size = 0;
        if (port->kind == PORT_ATOM) size = atom_port_capacity(port);
        if (port->kind == PORT_CV && port->is_output) size = (size_t)voices_longest_block(voices) * sizeof(float);
        if (!size) continue;
        voice->buffers[i] = memory_allocate(size);
        if (!voice->buffers[i]) return false;
    }
    return true;
}

static bool create_voice(struct voices *voices, struct voice *voice, float *const *controls) {
    struct program *program = voices->program;
    const struct lv2_plugin *plugin = program->plugin;
    if (!create_buffers(voices, voice) || !worker_create(&voice->worker, program->worker)) return false;
    features_fill(&voice->features, program, &voices->options, &voice->worker.schedule);
    voice->instance =
        plugin->instantiate(plugin, voices->sample_rate, program->bundle, voice->features.list);
    voice->worker.instance = voice->instance;
    if (voice->instance) connect_ports(voices, voice, controls);
    return voice->instance;
}

static void activate(struct voices *voices) {
    for (int32_t i = 0; i < voices->count; i++) {
        struct voice *voice = &voices->list[i];
        if (voices->program->plugin->activate) voices->program->plugin->activate(voice->instance);
        worker_do_jobs(&voice->worker);
        worker_deliver(&voice->worker); /* what restore() asked for counts from the first block on */
    }
    voices->is_active = true;
}

static struct voices *instantiate(struct program *program, double sample_rate, int32_t count, float *const *controls) {
    struct voices *voices = memory_allocate(sizeof *voices + (size_t)count * sizeof *voices->list);
    if (!voices) return NULL;
    voices->program = program;
    voices->sample_rate = sample_rate;
    voices->count = count;
    atomic_init(&voices->version, atomic_load(&program->version));
    options_fill(&voices->options, program, sample_rate);
    voices->zero = memory_allocate((size_t)voices_longest_block(voices) * sizeof(float));
    voices->unheard = memory_allocate((size_t)voices_longest_block(voices) * sizeof(float));
    bool created = voices->zero && voices->unheard;
    for (int32_t i = 0; created && i < count; i++) created = create_voice(voices, &voices->list[i], controls);
    if (!created) {
        voices_destroy(voices);
        return NULL;
    }
    voices_clear_events(voices);
    if (program->memory.count) voices_restore(voices, &program->memory);
    activate(voices);
    return voices;
}

void voices_destroy(struct voices *voices) {
    if (!voices) return;
    const struct lv2_plugin *plugin = voices->program->plugin;
    for (int32_t i = 0; i < voices->count; i++) {
        struct voice *voice = &voices->list[i];
        if (voice->instance && voices->is_active && plugin->deactivate) plugin->deactivate(voice->instance);
        if (voice->instance) plugin->cleanup(voice->instance);
        for (int32_t port = 0; voice->buffers && port < voices->program->port_count; port++) {
            memory_free(voice->buffers[port]);
        }
        memory_free(voice->buffers);
        memory_free(voice->connected);
        memory_free(voice->outputs);
        worker_destroy(&voice->worker);
    }
    memory_free(voices->zero);
    memory_free(voices->unheard);
    memory_free(voices->controls);
    memory_free(voices);
}

/* Every patch message since the state was last known, on silence. */
static void hear_patches(struct voices *voices) {
    uint64_t message[LV2_LONGEST_MESSAGE / sizeof(uint64_t)];
    const struct properties *patches = &voices->program->patches;
    voices_clear_events(voices);
    for (uint32_t i = 0; i < patches->count; i++) {
        const struct property *p = &patches->list[i];
        if (!patch_set_write(message, sizeof message, p->key, p->type, p->size, p->value)) continue;
        voices_add_event(voices, PORT_PATCH, 0, (const struct lv2_atom *)message);
    }
    voices_settle(voices);
}

struct voices *voices_create(struct program *program, double sample_rate, int32_t count, float *const *controls) {
    struct voices *voices = instantiate(program, sample_rate, count, controls);
    if (!voices || !program->patches.count) return voices;
    hear_patches(voices);
    if (voices_save(voices, &program->memory)) {
        properties_clear(&program->patches);
        voices_destroy(voices);
        return instantiate(program, sample_rate, count, controls);
    }
    /* Without a state that could keep it, the plugin keeps by itself what it was told. */
    for (int32_t i = 0; i < count; i++) {
        if (program->plugin->deactivate) program->plugin->deactivate(voices->list[i].instance);
    }
    activate(voices);
    return voices;
}

void voices_run_silence(struct voices *voices) {
    for (int32_t i = 0; i < voices->count; i++) voice_run(voices, &voices->list[i], voices_longest_block(voices));
}

void voices_settle(struct voices *voices) {
    for (int block = 0; block < SETTLING_BLOCKS; block++) {
        voices_run_silence(voices);
        voices_clear_events(voices);
    }
}

/* Audio thread, or before it has the voices. */

void voice_run(struct voices *voices, struct voice *voice, int32_t frames) {
    const struct program *program = voices->program;
    worker_begin_run(&voice->worker);
    program->plugin->run(voice->instance, (uint32_t)frames);
    worker_end_run(&voice->worker);
}

void voices_clear_events(struct voices *voices) {
    const struct program *program = voices->program;
    for (int32_t v = 0; program->has_atoms && v < voices->count; v++) {
        for (int32_t b = 0; b < program->block_port_count; b++) {
            int32_t i = program->block_ports[b];
            const struct port *port = &program->ports[i];
            if (port->kind != PORT_ATOM) continue;
            if (port->is_output) {
                sequence_open(voices->list[v].buffers[i], atom_port_capacity(port));
            } else {
                sequence_clear(voices->list[v].buffers[i]);
            }
        }
    }
}

void voices_add_event(struct voices *voices, enum port_flag taking, int64_t frame, const struct lv2_atom *atom) {
    const struct program *program = voices->program;
    for (int32_t v = 0; v < voices->count; v++) {
        for (int32_t b = 0; b < program->block_port_count; b++) {
            int32_t i = program->block_ports[b];
            const struct port *port = &program->ports[i];
            if (port->kind != PORT_ATOM || port->is_output || !(port->flags & (int32_t)taking)) continue;
            sequence_add(voices->list[v].buffers[i], atom_port_capacity(port), frame, atom, atom + 1);
        }
    }
}

int32_t voices_reported_latency(const struct voices *voices) {
    int32_t port = voices->program->latency_port;
    float latency = port < 0 ? 0.0f : voices->list[0].outputs[port];
    return latency > 0.0f && latency < (float)LONGEST_LATENCY ? (int32_t)(latency + 0.5f) : 0;
}
