#include "player.h"

#include <string.h>

#include "../live.h"
#include "../memory.h"
#include "blocks.h"
#include "hosting.h"

enum { EVENTS_CAPACITY = 65536, MESSAGES_CAPACITY = 65536 };

/* The parameter slots come first. */
static const size_t PLAYER_OFFSET = LV2_MOST_PARAMETERS * sizeof(float);

static struct player *player_of(void *state) {
    return (struct player *)((uint8_t *)state + PLAYER_OFFSET);
}

static int32_t voice_count(const struct player *player) {
    return program_is_per_channel(player->program) ? player->channels : 1;
}

/* Off the audio thread. */

static bool takes_channels(const struct program *program, int32_t channels) {
    if (channels < 1) return false;
    if (program_is_per_channel(program)) return true;
    return (program->inputs == 1 || channels <= program->inputs) &&
           (program->outputs == 1 || channels <= program->outputs);
}

static int64_t measure(const void *program, const struct kernel_setup *setup) {
    bool accepted = setup->inputs == setup->outputs && takes_channels(program, setup->inputs);
    return accepted ? (int64_t)(PLAYER_OFFSET + sizeof(struct player)) : -1;
}

static bool create_controls(struct player *player, float *slots) {
    const struct program *program = player->program;
    size_t ports = (size_t)program->port_count;
    player->controls = memory_allocate(ports * (sizeof *player->controls + sizeof(float)));
    if (!player->controls) return false;
    float *values = (float *)(player->controls + ports);
    for (int32_t i = 0; i < program->port_count; i++) {
        const struct port *port = &program->ports[i];
        bool is_scaled = port->flags & PORT_BY_SAMPLE_RATE;
        values[i] = is_scaled ? port->value * (float)player->sample_rate : port->value;
        player->controls[i] = port->slot >= 0 && !is_scaled ? &slots[port->slot] : &values[i];
    }
    return true;
}

static struct voices *create_voices(struct player *player) {
    return voices_create(player->program, player->sample_rate, voice_count(player), player->controls);
}

/* Voices at rest with the program's present state. Latency is what the plugin reports after it ran once, and voices that
 * ran are no longer at rest: so it runs, and is made anew. */
static struct voices *create_measured(struct player *player) {
    struct voices *voices = create_voices(player);
    player->latency = player->program->block_size;
    if (!voices || player->program->latency_port < 0) return voices;
    voices_run_silence(voices);
    player->latency += voices_reported_latency(voices);
    voices_destroy(voices);
    return create_voices(player);
}

static void destroy_retired(struct player *player) {
    for (struct voices *old = atomic_exchange(&player->retired, NULL), *next; old; old = next) {
        next = old->next;
        voices_destroy(old);
    }
}

static void release(void *state) {
    struct player *player = player_of(state);
    struct program *program = player->program;
    if (!program) return;
    hosting_enter();
    hosting_remove(player);
    for (struct player **link = &program->players; *link; link = &(*link)->next_of_program) {
        if (*link == player) {
            *link = player->next_of_program;
            break;
        }
    }
    voices_destroy(atomic_exchange(&player->playing, NULL));
    voices_destroy(atomic_exchange(&player->ready, NULL));
    destroy_retired(player);
    hosting_leave();
    memory_free(player->controls);
    ring_destroy(&player->messages);
    ring_destroy(&player->news);
    memory_free(player->message);
    memory_free(player->events);
    blocks_destroy(player);
    player->program = NULL;
}

static bool create_buffers(struct player *player, float *slots) {
    player->message = memory_allocate(LV2_LONGEST_MESSAGE);
    player->events = memory_allocate(EVENTS_CAPACITY);
    return player->message && player->events && ring_create(&player->messages, MESSAGES_CAPACITY) &&
           ring_create(&player->news, MESSAGES_CAPACITY) && create_controls(player, slots) && blocks_create(player);
}

static int32_t prepare(void *state, const void *program, const struct kernel_setup *setup) {
    struct player *player = player_of(state);
    player->program = (struct program *)program;
    player->sample_rate = setup->sample_rate;
    player->channels = setup->inputs;
    player->side_inputs = setup->side_inputs;
    player->longest_block = player->program->block_size ? player->program->block_size : KERNEL_MAX_FRAMES;
    hosting_enter();
    if (create_buffers(player, state)) {
        blocks_scale_controls(player, state);
        atomic_store(&player->playing, create_measured(player));
    }
    bool prepared = atomic_load(&player->playing);
    if (prepared) {
        hosting_add(player);
        player->next_of_program = player->program->players;
        player->program->players = player;
    }
    hosting_leave();
    if (prepared) return player->latency;
    release(state);
    return -1;
}

/* Inside hosting_enter(). */

void player_offer(struct player *player, bool is_urgent) {
    struct voices *voices = create_measured(player);
    if (voices) voices->is_urgent = is_urgent;
    /* Raised behind urgent voices and lowered before others, so that others are never taken for them. */
    if (!is_urgent) atomic_store(&player->ready_is_urgent, false);
    voices_destroy(atomic_exchange(&player->ready, voices));
    if (voices && is_urgent) atomic_store(&player->ready_is_urgent, true);
}

/* Hosts ask before they reset: a state that changed counts from there on, so that its voices are made now. */
static int32_t latency(void *state) {
    struct player *player = player_of(state);
    hosting_enter();
    const struct voices *playing = atomic_load(&player->playing);
    const struct voices *ready = atomic_load(&player->ready);
    uint32_t version = atomic_load(&player->program->version);
    if (playing && playing->version != version && !(ready && ready->version == version)) {
        player_offer(player, false);
    } else if (playing && playing->version == version && playing->has_run) {
        player->latency = player->program->block_size + voices_reported_latency(playing);
    }
    int32_t frames = player->latency;
    hosting_leave();
    return frames;
}

static void learn_changes(struct player *player, struct voices *voices) {
    struct program *program = player->program;
    if (!voices || !atomic_exchange(&program->has_changed, false)) return;
    if (voices_save(voices, &program->memory)) atomic_fetch_add(&program->version, 1);
}

void player_serve(struct player *player) {
    struct voices *playing = atomic_load(&player->playing);
    for (int32_t i = 0; playing && i < playing->count; i++) worker_do_jobs(&playing->list[i].worker);
    destroy_retired(player);
    if (!is_live()) return;
    learn_changes(player, playing);
    struct voices *ready = atomic_load(&player->ready);
    bool is_urgent = ready && ready->is_urgent;
    if (ready && ready->version == atomic_load(&player->program->version)) return;
    player_offer(player, is_urgent);
}

/* Audio thread. */

static void take_over(struct player *player, struct voices *voices) {
    struct voices *old = atomic_exchange(&player->playing, voices);
    if (old) {
        old->next = atomic_load(&player->retired);
        while (!atomic_compare_exchange_weak(&player->retired, &old->next, old)) {}
    }
    if (is_live()) {
        hosting_request();
    } else {
        hosting_enter();
        destroy_retired(player);
        hosting_leave();
    }
}

/* False: none are ready, or what is ready has an older state. */
static bool take_ready(struct player *player, bool only_urgent) {
    /* Not looked at before they are taken: until then they may be replaced and freed. */
    if (only_urgent && !atomic_exchange(&player->ready_is_urgent, false)) return false;
    struct voices *ready = atomic_exchange(&player->ready, NULL);
    if (!ready) return false;
    take_over(player, ready);
    return ready->version == atomic_load(&player->program->version);
}

static void return_to_rest_offline(struct player *player) {
    hosting_enter();
    struct voices *playing = atomic_load(&player->playing);
    learn_changes(player, playing);
    uint32_t version = atomic_load(&player->program->version);
    struct voices *ready = atomic_exchange(&player->ready, NULL);
    bool rests = playing && !playing->has_run && playing->version == version;
    if (!rests) {
        if (ready && ready->version != version) {
            voices_destroy(ready);
            ready = NULL;
        }
        voices_destroy(playing);
        atomic_store(&player->playing, ready ? ready : create_voices(player));
        blocks_drop_messages(player); /* the new voices know what they say */
    } else {
        voices_destroy(ready);
    }
    hosting_leave();
}

static void reset(void *state) {
    struct player *player = player_of(state);
    player->position = 0;
    player->events_size = 0;
    blocks_clear(player);
    if (!is_live()) {
        player->is_silent = false;
        return_to_rest_offline(player);
        return;
    }
    const struct voices *playing = atomic_load(&player->playing);
    bool rests = playing && !playing->has_run && playing->version == atomic_load(&player->program->version);
    player->is_silent = !rests && !take_ready(player, false);
    if (player->is_silent) hosting_request();
}

static void event(void *state, int32_t frame, const uint8_t *midi, int32_t size) {
    blocks_add_midi(player_of(state), frame, midi, size);
}

static void process(void *state, const float *const *inputs, float *const *outputs, int32_t frames) {
    struct player *player = player_of(state);
    if (player->is_silent) player->is_silent = !take_ready(player, false);
    take_ready(player, true);
    if (player->program->has_scaled_controls) blocks_scale_controls(player, state);
    if (player->is_silent || !atomic_load_explicit(&player->playing, memory_order_acquire)) {
        for (int32_t c = 0; c < player->channels; c++) memset(outputs[c], 0, (size_t)frames * sizeof(float));
    } else if (player->program->block_size) {
        blocks_process_fixed(player, inputs, outputs, frames);
    } else {
        blocks_process(player, inputs, outputs, frames);
    }
    player->position += frames;
    if (is_live() && !atomic_load_explicit(&player->ready, memory_order_relaxed)) hosting_request();
}

void player_describe(struct program *program, struct kernel *kernel) {
    *kernel = (struct kernel){
        .measure = measure,
        .prepare = prepare,
        .process = process,
        .reset = reset,
        .event = program->takes_midi ? event : NULL,
        .latency = program->latency_port >= 0 ? latency : NULL,
        .release = release,
        .program = program,
        .tail = 0.0,
        .side_inputs = program->side_inputs,
    };
}
