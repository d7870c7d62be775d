/* MIDI, side-chains and what a kernel takes beside its state, for the sanitizers to watch. */
#include <pthread.h>
#include <stdatomic.h>

#include "host.h"
#include "live.h"
#include "midi_queue.h"
#include "side_source.h"

/* A kernel: its side-chain plus the first byte of each message at its frame. prepare() takes memory of its own. */

struct echo_state {
    float slots[1];
    int32_t channels;
    int32_t side_inputs;
    float *events; /* KERNEL_MAX_FRAMES */
};

static atomic_int held;
static const int refuses = 0;

static int64_t echo_measure(const void *program, const struct kernel_setup *setup) {
    (void)program;
    return setup->sample_rate > 192000.0 ? -1 : (int64_t)sizeof(struct echo_state);
}

static int32_t echo_prepare(void *memory, const void *program, const struct kernel_setup *setup) {
    struct echo_state *state = memory;
    state->channels = setup->inputs;
    state->side_inputs = setup->side_inputs;
    state->events = calloc(KERNEL_MAX_FRAMES, sizeof *state->events);
    CHECK(state->events);
    atomic_fetch_add(&held, 1);
    return program == &refuses ? -1 : 0;
}

static void echo_process(void *memory, const float *const *inputs, float *const *outputs, int32_t frames) {
    struct echo_state *state = memory;
    for (int32_t row = 0; row < state->channels; row++) {
        const float *side = state->side_inputs ? inputs[state->channels + row % state->side_inputs] : NULL;
        for (int32_t i = 0; i < frames; i++) outputs[row][i] = state->events[i] + (side ? side[i] : 0.0f);
    }
    memset(state->events, 0, KERNEL_MAX_FRAMES * sizeof *state->events);
}

static void echo_reset(void *memory) {
    (void)memory;
}

static void echo_event(void *memory, int32_t frame, const uint8_t *midi, int32_t size) {
    struct echo_state *state = memory;
    CHECK(frame >= 0 && frame < KERNEL_MAX_FRAMES && size >= 1);
    state->events[frame] += (float)midi[0];
}

static void echo_release(void *memory) {
    struct echo_state *state = memory;
    free(state->events);
    atomic_fetch_sub(&held, 1);
}

static struct kernel echo_kernel(const void *program) {
    return (struct kernel){.measure = echo_measure,
                           .prepare = echo_prepare,
                           .process = echo_process,
                           .reset = echo_reset,
                           .event = echo_event,
                           .release = echo_release,
                           .program = program,
                           .side_inputs = 2};
}

static struct plugin *create(uint32_t *number, const struct kernel *kernel) {
    static const struct label labels[2] = {{0.0, "None"}, {1.0, "All"}};
    static const struct parameter parameter = {
        .title = "Amount", .minimum = 0.0, .maximum = 2.0, .label_count = 2, .labels = labels};
    const struct class_description description = {.name = "Echo",
                                                  .vendor = "ampboard",
                                                  .version = "1",
                                                  .fewest_channels = 1,
                                                  .most_channels = 8,
                                                  .parameter_count = 1,
                                                  .parameters = &parameter};
    *number = ampboard_register_class(&description);
    CHECK(*number && ampboard_attach_kernel(*number, kernel) > 0);
    struct plugin *plugin = plugin_create(*number);
    plugin_setup(plugin, 48000.0, 2);
    plugin_activate(plugin, 1);
    return plugin;
}

static void destroy(struct plugin *plugin, uint32_t number) {
    plugin_destroy(plugin);
    CHECK(ampboard_is_alive(number) == 0);
    CHECK(ampboard_unregister_class(number) == SIDE_CHANNEL_OK);
}

static void ramp(struct plugin *plugin, int32_t start, int32_t frames) {
    for (int row = 0; row < 2; row++) {
        for (int32_t i = 0; i < frames; i++) plugin->memory[row][i] = (float)(start + i + 1);
    }
}

static void test_release_follows_every_prepare(void) {
    uint32_t number;
    struct kernel kernel = echo_kernel(NULL), refused = echo_kernel(&refuses);
    struct plugin *plugin = create(&number, &kernel);
    CHECK(atomic_load(&held) == 1);
    CHECK(ampboard_attach_kernel(number, &refused) == SIDE_CHANNEL_REFUSED);
    CHECK(ampboard_attach_kernel(number, &kernel) > 0);
    CHECK(atomic_load(&held) == 1);
    plugin_setup(plugin, 384000.0, 2);
    plugin_activate(plugin, 1);
    CHECK(plugin_process(plugin, 2, 100, NULL) == VST3_OK);
    CHECK(atomic_load(&held) == 0);
    plugin_setup(plugin, 44100.0, 1);
    plugin_activate(plugin, 1);
    CHECK(atomic_load(&held) == 1);
    destroy(plugin, number);
    CHECK(atomic_load(&held) == 0);
}

static void test_midi(void) {
    uint32_t number;
    struct kernel kernel = echo_kernel(NULL);
    struct plugin *plugin = create(&number, &kernel);
    const uint8_t message[MIDI_LONGEST + 1] = {0xF0};
    CHECK(ampboard_send_midi(number, 0, message, MIDI_LONGEST + 1) == SIDE_CHANNEL_IMPOSSIBLE);
    CHECK(ampboard_send_midi(number, -1, message, 1) == SIDE_CHANNEL_IMPOSSIBLE);
    for (int32_t frame = 3000; frame >= 0; frame--) {
        CHECK(ampboard_send_midi(number, frame, message, frame % MIDI_LONGEST + 1) == SIDE_CHANNEL_OK);
    }
    struct side_channel_counters counters;
    CHECK(ampboard_get_counters(number, &counters) == SIDE_CHANNEL_OK);
    CHECK(counters.dropped_midi == 3001 - MIDI_QUEUE_SIZE);
    int32_t events = 0, start = 0;
    for (int32_t frames = 1; start < 4000; start += frames, frames = 2 * frames % 1500 + 1) {
        CHECK(plugin_process(plugin, 2, frames, NULL) == VST3_OK);
        for (int32_t i = 0; i < frames; i++) {
            bool due = start + i <= 3000 && start + i > 3000 - MIDI_QUEUE_SIZE;
            CHECK(plugin->memory[1][i] == (due ? 240.0f : 0.0f));
            events += due;
        }
    }
    CHECK(events == MIDI_QUEUE_SIZE);
    struct kernel deaf = kernel;
    deaf.event = NULL;
    CHECK(ampboard_send_midi(number, 5000, message, 1) == SIDE_CHANNEL_OK);
    CHECK(ampboard_attach_kernel(number, &deaf) > 0);
    CHECK(ampboard_send_midi(number, 0, message, 1) == SIDE_CHANNEL_NO_MIDI);
    for (int i = 0; i < 8; i++) CHECK(plugin_process(plugin, 2, 1000, NULL) == VST3_OK);
    destroy(plugin, number);
}

static void test_bus_and_stem(void) {
    uint32_t tap_number, ear_number;
    struct kernel kernel = echo_kernel(NULL);
    struct plugin *tap = create(&tap_number, &kernel), *ear = create(&ear_number, &kernel);
    struct side_source *bus = ampboard_create_bus(0.01);
    float samples[6000];
    for (int i = 0; i < 6000; i++) samples[i] = (float)i;
    struct side_source *stem = ampboard_create_stem(samples, 2, 3000);
    CHECK(bus && stem && !ampboard_create_bus(0.0) && !ampboard_create_stem(samples, 0, 0));
    CHECK(ampboard_tap_into(tap_number, bus) == SIDE_CHANNEL_OK);
    CHECK(ampboard_listen_to(ear_number, bus) == SIDE_CHANNEL_OK);
    ampboard_release_source(bus);
    uint64_t allocations = ampboard_allocations();
    int32_t start = 0;
    for (int32_t frames = 1; start < 50000; start += frames, frames = 3 * frames % 4801 + 1) {
        ramp(tap, start, frames);
        CHECK(plugin_process(tap, 2, frames, NULL) == VST3_OK);
        CHECK(plugin_process(ear, 2, frames, NULL) == VST3_OK);
        for (int32_t i = 0; i < frames; i++) CHECK(ear->memory[1][i] == (float)(start + i + 1));
    }
    CHECK(ampboard_allocations() == allocations);
    CHECK(ampboard_listen_to(ear_number, stem) == SIDE_CHANNEL_OK);
    ampboard_release_source(stem);
    plugin_activate(ear, 0);
    plugin_activate(ear, 1);
    CHECK(plugin_process(ear, 2, 2000, NULL) == VST3_OK);
    CHECK(plugin_process(ear, 2, 2000, NULL) == VST3_OK);
    CHECK(ear->memory[0][999] == 2999.0f && ear->memory[1][0] == 5000.0f && ear->memory[0][1000] == 0.0f);
    CHECK(ampboard_listen_to(ear_number, NULL) == SIDE_CHANNEL_OK);
    CHECK(plugin_process(ear, 2, 2000, NULL) == VST3_OK);
    CHECK(ear->memory[0][0] == 0.0f);
    plugin_activate(tap, 0);
    plugin_setup(tap, 96000.0, 8); /* the bus makes room */
    plugin_activate(tap, 1);
    CHECK(plugin_process(tap, 8, 4000, NULL) == VST3_OK);
    destroy(tap, tap_number);
    destroy(ear, ear_number);
}

/* A chain of tap and ear plays; one thread more, against the rules, feeds the same bus; others change everything. */
struct chain {
    struct plugin *tap, *ear, *intruder;
    uint32_t tap_number, ear_number, intruder_number;
    struct side_source *bus, *stem;
    struct kernel kernel;
    atomic_int rounds_left;
};

static void *play_chain(void *memory) {
    struct chain *chain = memory;
    for (; atomic_fetch_sub(&chain->rounds_left, 1) > 0;) {
        if (atomic_load(&chain->rounds_left) % 50 == 0) plugin_activate(chain->tap, 0);
        for (int i = 0; i < 700; i++) chain->tap->memory[0][i] = chain->tap->memory[1][i] = 1.0f;
        CHECK(plugin_process(chain->tap, 2, 700, NULL) == VST3_OK);
        CHECK(plugin_process(chain->ear, 2, 700, NULL) == VST3_OK);
    }
    return NULL;
}

static void *intrude(void *memory) {
    struct chain *chain = memory;
    while (atomic_load(&chain->rounds_left) > 0) CHECK(plugin_process(chain->intruder, 2, 64, NULL) == VST3_OK);
    return NULL;
}

static void *relink(void *memory) {
    struct chain *chain = memory;
    uint64_t attachments[8];
    for (int i = 0; atomic_load(&chain->rounds_left) > 0; i++) {
        struct side_source *sources[3] = {chain->bus, chain->stem, NULL};
        CHECK(ampboard_listen_to(chain->ear_number, sources[i % 3]) == SIDE_CHANNEL_OK);
        CHECK(ampboard_tap_into(chain->tap_number, i % 4 ? chain->bus : NULL) == SIDE_CHANNEL_OK);
        CHECK(ampboard_attach_kernel(chain->ear_number, &chain->kernel) > 0);
        CHECK(ampboard_live_attachments(chain->ear_number, attachments, 8) >= 2);
        ampboard_set_live(i % 2);
    }
    return NULL;
}

static void *send(void *memory) {
    struct chain *chain = memory;
    const uint8_t note[3] = {0x90, 60, 100};
    for (int32_t i = 0; atomic_load(&chain->rounds_left) > 0; i++) {
        CHECK(ampboard_send_midi(chain->ear_number, i % 2000, note, 3) == SIDE_CHANNEL_OK);
    }
    return NULL;
}

static void test_everything_at_once(void) {
    static void *(*const parts[5])(void *) = {play_chain, intrude, relink, send, send};
    float samples[100] = {0.0f};
    struct chain chain = {.kernel = echo_kernel(NULL), .bus = ampboard_create_bus(0.1)};
    chain.stem = ampboard_create_stem(samples, 1, 100);
    chain.tap = create(&chain.tap_number, &chain.kernel);
    chain.ear = create(&chain.ear_number, &chain.kernel);
    chain.intruder = create(&chain.intruder_number, &chain.kernel);
    CHECK(ampboard_tap_into(chain.intruder_number, chain.bus) == SIDE_CHANNEL_OK);
    atomic_init(&chain.rounds_left, 400);
    pthread_t threads[5];
    for (int i = 0; i < 5; i++) CHECK(pthread_create(&threads[i], NULL, parts[i], &chain) == 0);
    for (int i = 0; i < 5; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    destroy(chain.tap, chain.tap_number);
    destroy(chain.ear, chain.ear_number);
    destroy(chain.intruder, chain.intruder_number);
    ampboard_release_source(chain.bus);
    ampboard_release_source(chain.stem);
    ampboard_set_live(0);
    CHECK(atomic_load(&held) == 0);
}

void test_streams(void) {
    test_release_follows_every_prepare();
    test_midi();
    test_bus_and_stem();
    test_everything_at_once();
}
