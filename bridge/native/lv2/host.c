#include "host.h"

#include "../live.h"
#include "../memory.h"
#include "atoms.h"
#include "host_features.h"
#include "hosting.h"
#include "player.h"
#include "urid.h"

static const double SAMPLE_RATE_UNASKED = 48000.0; /* of instances that are only asked for their state */

uint32_t ampboard_lv2_map(const char *uri) {
    return urid_map(uri);
}

const char *ampboard_lv2_unmap(uint32_t urid) {
    return urid_unmap(urid);
}

int32_t ampboard_lv2_offers_feature(const char *uri, int32_t block_size) {
    return features_include(uri, block_size);
}

int32_t ampboard_lv2_offers_option(const char *uri) {
    return options_include(uri);
}

void ampboard_lv2_structure_sizes(uint64_t sizes[3]) {
    sizes[0] = sizeof(struct port);
    sizes[1] = sizeof(struct plugin_facts);
    sizes[2] = sizeof(struct property);
}

struct program *ampboard_lv2_open(const struct plugin_facts *facts, char *error, uint32_t capacity) {
    return program_open(facts, error, capacity);
}

void ampboard_lv2_close(struct program *program) {
    program_close(program);
}

void ampboard_lv2_kernel(struct program *program, struct kernel *kernel) {
    player_describe(program, kernel);
}

/* Inside hosting_enter(). An instance that nobody hears. */
static struct voices *create_unheard(struct program *program) {
    size_t ports = (size_t)program->port_count;
    float **controls = memory_allocate(ports * (sizeof *controls + sizeof(float)));
    if (!controls) return NULL;
    float *values = (float *)(controls + ports);
    for (size_t i = 0; i < ports; i++) {
        controls[i] = &values[i];
        values[i] = program->ports[i].value;
    }
    double sample_rate = program->players ? program->players->sample_rate : SAMPLE_RATE_UNASKED;
    struct voices *voices = voices_create(program, sample_rate, 1, controls);
    if (voices) {
        voices->controls = controls;
    } else {
        memory_free(controls);
    }
    return voices;
}

/* Inside hosting_enter(). The voices of the newest player that have the program's present state, or NULL. */
static struct voices *present_voices(const struct program *program) {
    if (!program->players || program->patches.count) return NULL;
    uint32_t version = atomic_load(&program->version);
    struct voices *playing = atomic_load(&program->players->playing);
    bool has_settled = playing && (atomic_load(&playing->has_run) || !program->memory.count);
    return has_settled && playing->version == version ? playing : NULL;
}

int32_t ampboard_lv2_save(struct program *program, const struct property **values) {
    bool saved = false;
    hosting_enter();
    if (program->state && program->state->save) {
        struct voices *present = present_voices(program);
        struct voices *unheard = present ? NULL : create_unheard(program);
        if (unheard && program->memory.count) voices_settle(unheard);
        if (present || unheard) saved = voices_save(present ? present : unheard, &program->saved);
        voices_destroy(unheard);
    } else {
        saved = properties_copy(&program->saved, &program->memory);
    }
    *values = program->saved.list;
    int32_t count = saved ? (int32_t)program->saved.count : -1;
    hosting_leave();
    return count;
}

int32_t ampboard_lv2_keys(struct program *program, const struct property **keys) {
    if (!program->state || !program->state->save || !program->state->restore) return -1;
    hosting_enter();
    struct voices *unheard = create_unheard(program);
    properties_clear(&program->saved);
    if (unheard) voices_learn_keys(unheard, &program->memory, &program->saved);
    voices_destroy(unheard);
    *keys = program->saved.list;
    int32_t count = unheard ? (int32_t)program->saved.count : -1;
    hosting_leave();
    return count;
}

int32_t ampboard_lv2_restore(struct program *program, const struct property *values, int32_t count) {
    bool kept = true;
    hosting_enter();
    properties_clear(&program->memory);
    properties_clear(&program->patches);
    for (int32_t i = 0; i < count && kept; i++) {
        const struct property *p = &values[i];
        kept = properties_set(&program->memory, p->key, p->type, p->flags, p->size, p->value);
    }
    atomic_store(&program->has_changed, false);
    uint32_t version = atomic_fetch_add(&program->version, 1) + 1;
    for (struct player *player = program->players; player; player = player->next_of_program) {
        struct voices *playing = atomic_load(&player->playing);
        if (playing && playing->has_run && is_live() && program->restores_while_running) {
            voices_restore(playing, &program->memory);
            atomic_store(&playing->version, version);
        } else {
            player_offer(player, true);
        }
    }
    hosting_leave();
    return kept ? 0 : -1;
}


int32_t ampboard_lv2_patch(struct program *program, const struct property *value) {
    uint64_t message[LV2_LONGEST_MESSAGE / sizeof(uint64_t)];
    uint32_t size = patch_set_write(message, sizeof message, value->key, value->type, value->size, value->value);
    if (!size) return -1;
    hosting_enter();
    bool kept = properties_set(&program->patches, value->key, value->type, value->flags, value->size, value->value);
    if (kept) atomic_fetch_add(&program->version, 1);
    for (struct player *player = program->players; player; player = player->next_of_program) {
        bool sent = ring_write(&player->messages, size, message);
        if (!sent) player_offer(player, true); /* nothing plays that would read it */
    }
    hosting_leave();
    if (is_live()) hosting_request();
    return kept ? 0 : -1;
}

int32_t ampboard_lv2_ask(struct program *program, uint32_t property) {
    uint64_t message[16];
    uint32_t size = patch_get_write(message, sizeof message, property);
    hosting_enter();
    bool sent = program->players && ring_write(&program->players->messages, size, message);
    hosting_leave();
    return sent ? 0 : -1;
}

uint32_t ampboard_lv2_news(struct program *program, void *message, uint32_t capacity) {
    uint32_t size = 0;
    hosting_enter();
    struct player *player = program->players;
    if (player && ring_next(&player->news, &size)) {
        if (size <= capacity) {
            ring_read(&player->news, message);
        } else {
            size = 0;
        }
    }
    hosting_leave();
    return size;
}

int32_t ampboard_lv2_output(struct program *program, int32_t port, float *value) {
    hosting_enter();
    const struct voices *playing = program->players ? atomic_load(&program->players->playing) : NULL;
    if (playing) *value = playing->list[0].outputs[port];
    hosting_leave();
    return playing != NULL;
}

uint32_t ampboard_lv2_log(struct program *program, char *text, uint32_t capacity) {
    return log_take(&program->log, text, capacity);
}
