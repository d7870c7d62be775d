/* Drives the bridge through all it can do, for the sanitizers to watch; also checks what comes out. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#include "host.h"

/* A kernel: gain (slot 0) plus a count of frames since rest times slot 1; NaN for ever after a loud input. */

struct gain_state {
    float slots[3];
    int32_t channels;
    int32_t max_frames;
    int32_t elapsed;
    float poison;
};

struct gain_program {
    int32_t latency;
    double highest_rate;
};

static int64_t gain_measure(const void *program, const struct kernel_setup *setup) {
    const struct gain_program *gain = program;
    return setup->sample_rate > gain->highest_rate ? -1 : (int64_t)sizeof(struct gain_state);
}

static int32_t gain_prepare(void *memory, const void *program, const struct kernel_setup *setup) {
    struct gain_state *state = memory;
    state->channels = setup->inputs;
    state->max_frames = setup->max_frames;
    return ((const struct gain_program *)program)->latency;
}

static void gain_process(void *memory, const float *const *inputs, float *const *outputs, int32_t frames) {
    struct gain_state *state = memory;
    CHECK(frames > 0 && frames <= state->max_frames);
    for (int32_t row = 0; row < state->channels; row++) {
        for (int32_t i = 0; i < frames; i++) {
            if (inputs[row][i] > 10.0f) state->poison = NAN;
            outputs[row][i] = state->slots[0] * inputs[row][i] + state->slots[1] * (float)(state->elapsed + i) + state->poison;
        }
    }
    state->elapsed += frames;
}

static void gain_reset(void *memory) {
    struct gain_state *state = memory;
    state->elapsed = 0;
    state->poison = 0.0f;
}

static const struct gain_program prompt = {0, 192000.0};
static const struct gain_program late = {48, 192000.0};
static const struct parameter parameters[3] = {
    {.title = "Gain", .unit = "dB", .minimum = 0.0, .maximum = 4.0, .default_value = 1.0},
    {.title = "Count", .minimum = 0.0, .maximum = 1.0, .default_value = 0.0},
    {.title = "Bright", .minimum = 0.0, .maximum = 1.0, .default_value = 0.0, .steps = 1},
};

static uint32_t register_class(void) {
    const struct class_description description = {
        .name = "Gain",
        .vendor = "ampboard",
        .version = "1",
        .fewest_channels = 1,
        .most_channels = 8,
        .parameter_count = 3,
        .parameters = parameters,
    };
    uint32_t number = ampboard_register_class(&description);
    CHECK(number);
    return number;
}

static struct kernel gain_kernel(const struct gain_program *program) {
    return (struct kernel){.measure = gain_measure,
                           .prepare = gain_prepare,
                           .process = gain_process,
                           .reset = gain_reset,
                           .program = program,
                           .tail = 0.5};
}

static int64_t attach(uint32_t number, const struct gain_program *program) {
    struct kernel kernel = gain_kernel(program);
    return ampboard_attach_kernel(number, &kernel);
}

static void fill(struct plugin *plugin, float value) {
    for (int row = 0; row < MOST_ROWS; row++) {
        for (int i = 0; i < MOST_FRAMES; i++) plugin->memory[row][i] = value;
    }
}

static void check_all(const struct plugin *plugin, int32_t channels, int32_t first, int32_t end, float expected) {
    for (int32_t row = 0; row < channels; row++) {
        for (int32_t i = first; i < end; i++) CHECK(plugin->memory[row][i] == expected);
    }
}

static void test_registry(void) {
    struct class_description impossible = {.fewest_channels = 2, .most_channels = 1};
    CHECK(ampboard_register_class(&impossible) == 0);
    uint32_t numbers[100];
    for (int i = 0; i < 100; i++) numbers[i] = register_class();
    const struct vst3_factory_methods *factory = vst3_methods(GetPluginFactory());
    CHECK(factory->count_classes(GetPluginFactory()) == 100);
    for (int i = 0; i < 100; i += 2) CHECK(ampboard_unregister_class(numbers[i]) == SIDE_CHANNEL_OK);
    CHECK(ampboard_unregister_class(numbers[0]) == SIDE_CHANNEL_NO_INSTANCE);
    CHECK(factory->count_classes(GetPluginFactory()) == 50);
    uint32_t next = register_class();
    for (int i = 0; i < 100; i++) CHECK(next != numbers[i]);
    CHECK(ampboard_is_alive(next) == 0);
    CHECK(ampboard_set_parameter(next, 0, 1.0) == SIDE_CHANNEL_NO_INSTANCE);
    for (int i = 1; i < 100; i += 2) CHECK(ampboard_unregister_class(numbers[i]) == SIDE_CHANNEL_OK);
    CHECK(ampboard_unregister_class(next) == SIDE_CHANNEL_OK);
    void *object = &object;
    vst3_id nobody = {0};
    CHECK(factory->create_instance(GetPluginFactory(), nobody, nobody, &object) != VST3_OK && !object);
}

static void test_passes_through_until_bound(void) {
    uint32_t number = register_class();
    struct plugin *plugin = plugin_create(number);
    fill(plugin, 0.5f);
    CHECK(plugin_process(plugin, 2, 64, NULL) == VST3_OK);
    check_all(plugin, 2, 0, 64, 0.5f);
    CHECK(attach(number, &late) > 0);
    CHECK(plugin_latency(plugin) == 0);
    plugin_setup(plugin, 48000.0, 2);
    CHECK(plugin_latency(plugin) == 48);
    CHECK(ampboard_set_parameter(number, 0, 2.0) == SIDE_CHANNEL_OK);
    CHECK(plugin_process(plugin, 2, 64, NULL) == VST3_OK);
    check_all(plugin, 2, 0, 64, 1.0f);
    plugin_destroy(plugin);
    CHECK(ampboard_is_alive(number) == 0);
    CHECK(ampboard_unregister_class(number) == SIDE_CHANNEL_OK);
}

static void test_parameters_inside_a_block(struct plugin *plugin) {
    fill(plugin, 1.0f);
    struct change_list changes = change_list();
    add_point(&changes, 0, 0, 0.5);
    add_point(&changes, 0, 600, 0.75);
    add_point(&changes, 0, 4000, 0.0);
    add_point(&changes, 2, 700, 0.6);
    add_point(&changes, 9, 10, 0.5);
    CHECK(plugin_process(plugin, 2, 2000, &changes) == VST3_OK);
    check_all(plugin, 2, 0, 600, 2.0f);
    check_all(plugin, 2, 600, 2000, 3.0f);
    fill(plugin, 1.0f);
    CHECK(plugin_process(plugin, 2, 10, NULL) == VST3_OK);
    check_all(plugin, 2, 0, 10, 0.0f);
    struct change_list flushed = change_list();
    add_point(&flushed, 0, 0, 0.25);
    CHECK(plugin_process(plugin, 0, 0, &flushed) == VST3_OK);
}

static void test_exact_values(struct plugin *plugin, uint32_t number) {
    struct handler edits = handler(plugin->controller);
    const struct vst3_controller_methods *controller = vst3_methods(plugin->controller);
    controller->set_component_handler(plugin->controller, &edits);
    double value = 0.0;
    CHECK(ampboard_set_parameter(number, 0, 0.1) == SIDE_CHANNEL_OK);
    CHECK(edits.edits == 1 && edits.references == 1);
    struct change_list echo = change_list();
    add_point(&echo, 0, 0, (float)(0.1 / 4.0));
    CHECK(plugin_process(plugin, 2, 16, &echo) == VST3_OK);
    CHECK(ampboard_get_parameter(number, 0, &value) == SIDE_CHANNEL_OK && value == 0.1);
    CHECK(ampboard_set_parameter(number, 3, 0.1) == SIDE_CHANNEL_NO_PARAMETER);
    CHECK(ampboard_set_parameter(number, -1, 0.1) == SIDE_CHANNEL_NO_PARAMETER);
    controller->set_component_handler(plugin->controller, NULL);
    CHECK(edits.references == 0);

    vst3_text text;
    struct vst3_parameter_info info;
    CHECK(controller->get_parameter_info(plugin->controller, 3, &info) != VST3_OK);
    CHECK(controller->get_parameter_info(plugin->controller, -1, &info) != VST3_OK);
    for (int32_t i = 0; i < controller->get_parameter_count(plugin->controller); i++) {
        CHECK(controller->get_parameter_info(plugin->controller, i, &info) == VST3_OK);
        for (double n = -1.0; n <= 2.0; n += 0.125) {
            CHECK(controller->get_text_of_value(plugin->controller, info.id, n, text) == VST3_OK);
            CHECK(controller->get_value_of_text(plugin->controller, info.id, text, &value) == VST3_OK);
            CHECK(value >= 0.0 && value <= 1.0);
        }
    }
    vst3_char nonsense[2] = {0x20AC, 0};
    CHECK(controller->get_value_of_text(plugin->controller, 0, nonsense, &value) != VST3_OK);
}

static void test_state(struct plugin *plugin, uint32_t number) {
    struct stream saved = stream();
    double value = 0.0;
    CHECK(ampboard_set_parameter(number, 0, 0.7) == SIDE_CHANNEL_OK);
    CHECK(plugin_save(plugin, &saved) == VST3_OK);
    CHECK(ampboard_set_parameter(number, 0, 3.0) == SIDE_CHANNEL_OK);
    for (int32_t size = 0; size < saved.size; size++) {
        struct stream truncated = saved;
        truncated.size = size;
        CHECK(plugin_restore(plugin, &truncated) != VST3_OK);
    }
    for (int32_t i = 0; i < 8; i++) {
        struct stream damaged = saved;
        damaged.bytes[4 * i] = (char)(damaged.bytes[4 * i] ^ 0x55);
        plugin_restore(plugin, &damaged);
    }
    struct stream not_a_number = saved;
    memset(not_a_number.bytes + 32, 0xff, 8);
    CHECK(plugin_restore(plugin, &not_a_number) != VST3_OK);
    CHECK(plugin_restore(plugin, &saved) == VST3_OK);
    CHECK(ampboard_get_parameter(number, 0, &value) == SIDE_CHANNEL_OK && value == 0.7);
}

static void test_reset_and_growing_blocks(struct plugin *plugin, uint32_t number) {
    struct side_channel_counters before, after;
    ampboard_set_parameter(number, 0, 0.0);
    ampboard_set_parameter(number, 1, 1.0);
    plugin_activate(plugin, 0);
    plugin_activate(plugin, 1);
    fill(plugin, 0.0f);
    CHECK(plugin_process(plugin, 2, 16, NULL) == VST3_OK);
    ampboard_get_counters(number, &before);
    uint64_t allocations = ampboard_allocations();
    int32_t elapsed = 16;
    for (int32_t frames = 1; frames < MOST_FRAMES; frames = 3 * frames + 1) {
        plugin_setup(plugin, 48000.0, 2);
        plugin_activate(plugin, 1);
        fill(plugin, 0.0f);
        CHECK(plugin_process(plugin, 2, frames, NULL) == VST3_OK);
        CHECK(plugin->memory[1][0] == (float)elapsed);
        CHECK(plugin->memory[0][frames - 1] == (float)(elapsed + frames - 1));
        elapsed += frames;
    }
    ampboard_get_counters(number, &after);
    CHECK(after.prepares == before.prepares && after.resets == before.resets);
    CHECK(ampboard_allocations() == allocations);
    plugin_activate(plugin, 0);
    plugin_activate(plugin, 1);
    fill(plugin, 0.0f);
    CHECK(plugin_process(plugin, 2, 16, NULL) == VST3_OK);
    CHECK(plugin->memory[0][15] == 15.0f);
}

static void test_bus_changes(struct plugin *plugin, uint32_t number) {
    ampboard_set_parameter(number, 0, 2.0);
    ampboard_set_parameter(number, 1, 0.0);
    for (int32_t channels = 1; channels <= 8; channels++) {
        plugin_activate(plugin, 0);
        plugin_setup(plugin, channels % 2 ? 44100.0 : 96000.0, channels);
        plugin_activate(plugin, 1);
        fill(plugin, 0.5f);
        CHECK(plugin_process(plugin, channels, 1025, NULL) == VST3_OK);
        check_all(plugin, channels, 0, 1025, 1.0f);
    }
    fill(plugin, 0.5f);
    CHECK(plugin_process(plugin, 3, 100, NULL) == VST3_OK); /* not the arrangement that was agreed on */
    const struct vst3_processor_methods *processor = vst3_methods(plugin->processor);
    uint64_t nine = 0x1ff, two = 3;
    CHECK(processor->set_bus_arrangements(plugin->processor, &nine, 1, &nine, 1) != VST3_OK);
    CHECK(processor->set_bus_arrangements(plugin->processor, &nine, 1, &two, 1) != VST3_OK);
    plugin_setup(plugin, 384000.0, 2);
    plugin_activate(plugin, 1);
    fill(plugin, 0.5f);
    CHECK(plugin_process(plugin, 2, 100, NULL) == VST3_OK);
    check_all(plugin, 2, 0, 100, 0.0f);
    plugin_setup(plugin, 48000.0, 2);
    plugin_activate(plugin, 1);
}

static void test_numbers_that_are_not_finite(struct plugin *plugin, uint32_t number) {
    struct side_channel_counters counters;
    ampboard_set_parameter(number, 0, 1.0);
    fill(plugin, 1.0f);
    plugin->memory[0][5] = NAN;
    plugin->memory[1][600] = INFINITY;
    CHECK(plugin_process(plugin, 2, 1000, NULL) == VST3_OK);
    CHECK(plugin->memory[0][5] == 0.0f && plugin->memory[1][600] == 0.0f && plugin->memory[1][601] == 1.0f);
    fill(plugin, 1.0f);
    plugin->memory[0][0] = 11.0f;
    CHECK(plugin_process(plugin, 2, 2048, NULL) == VST3_OK);
    check_all(plugin, 2, 0, 512, 0.0f);
    CHECK(plugin->memory[0][512] == 0.0f && plugin->memory[0][513] > 0.0f && plugin->memory[0][800] < 1.0f);
    check_all(plugin, 2, 992, 2048, 1.0f);
    ampboard_get_counters(number, &counters);
    CHECK(counters.non_finite_inputs == 2);
    CHECK(counters.non_finite_outputs == 1024);
}

static void test_swap_refused(uint32_t number) {
    static const struct gain_program low_rates_only = {0, 8000.0};
    uint64_t attachments[8];
    CHECK(attach(number, &low_rates_only) == SIDE_CHANNEL_REFUSED);
    CHECK(attach(number, &late) > 0);
    CHECK(ampboard_live_attachments(number, attachments, 8) == 2);
    CHECK(attachments[0] == attachments[1]);
}

struct concurrency {
    struct plugin *plugin;
    uint32_t number;
    atomic_int rounds_left;
};

static void *play(void *memory) {
    struct concurrency *shared = memory;
    struct change_list changes = change_list();
    add_point(&changes, 0, 5, 0.5);
    add_point(&changes, 0, 300, 0.25);
    while (atomic_fetch_sub(&shared->rounds_left, 1) > 0) {
        for (int row = 0; row < 2; row++) {
            for (int i = 0; i < 700; i++) shared->plugin->memory[row][i] = 1.0f;
        }
        CHECK(plugin_process(shared->plugin, 2, 700, &changes) == VST3_OK);
        check_all(shared->plugin, 2, 400, 700, 1.0f);
    }
    return NULL;
}

static void *disturb(void *memory) {
    struct concurrency *shared = memory;
    struct gain_program *program = malloc(sizeof *program);
    struct stream saved;
    struct side_channel_counters counters;
    uint64_t attachments[8];
    double value;
    CHECK(program);
    *program = prompt;
    while (atomic_load(&shared->rounds_left) > 0) {
        int64_t own = attach(shared->number, program);
        CHECK(own > 0);
        CHECK(ampboard_set_parameter(shared->number, 2, 1.0) == SIDE_CHANNEL_OK);
        CHECK(ampboard_get_parameter(shared->number, 0, &value) == SIDE_CHANNEL_OK);
        CHECK(ampboard_get_counters(shared->number, &counters) == SIDE_CHANNEL_OK);
        saved = stream();
        CHECK(plugin_save(shared->plugin, &saved) == VST3_OK);
        CHECK(ampboard_live_attachments(shared->number, attachments, 8) >= 2);
    }
    return program; /* its attachment may still play: freed after the plugin */
}

static void test_swaps_while_playing(void) {
    struct concurrency shared = {.number = register_class()};
    CHECK(attach(shared.number, &prompt) > 0);
    shared.plugin = plugin_create(shared.number);
    plugin_setup(shared.plugin, 48000.0, 2);
    plugin_activate(shared.plugin, 1);
    atomic_init(&shared.rounds_left, 3000);
    pthread_t player, disturbers[2];
    void *programs[2];
    CHECK(pthread_create(&player, NULL, play, &shared) == 0);
    for (int i = 0; i < 2; i++) CHECK(pthread_create(&disturbers[i], NULL, disturb, &shared) == 0);
    CHECK(pthread_join(player, NULL) == 0);
    for (int i = 0; i < 2; i++) CHECK(pthread_join(disturbers[i], &programs[i]) == 0);
    struct side_channel_counters counters;
    CHECK(ampboard_get_counters(shared.number, &counters) == SIDE_CHANNEL_OK);
    CHECK(counters.process_calls == 3000 && counters.prepares > 1);
    plugin_destroy(shared.plugin);
    CHECK(ampboard_unregister_class(shared.number) == SIDE_CHANNEL_OK);
    for (int i = 0; i < 2; i++) free(programs[i]);
}

static void *come_and_go(void *memory) {
    (void)memory;
    for (int i = 0; i < 50; i++) {
        uint32_t number = register_class();
        struct plugin *plugin = plugin_create(number);
        CHECK(attach(number, &prompt) > 0);
        CHECK(ampboard_unregister_class(number) == SIDE_CHANNEL_OK); /* before the instance is gone */
        plugin_setup(plugin, 48000.0, 2);
        plugin_activate(plugin, 1);
        fill(plugin, 0.25f);
        CHECK(plugin_process(plugin, 2, 100, NULL) == VST3_OK);
        check_all(plugin, 2, 0, 100, 0.25f);
        plugin_destroy(plugin);
    }
    return NULL;
}

static void test_plugins_come_and_go_on_several_threads(void) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) CHECK(pthread_create(&threads[i], NULL, come_and_go, NULL) == 0);
    for (int i = 0; i < 4; i++) CHECK(pthread_join(threads[i], NULL) == 0);
}

int main(void) {
    uint64_t sizes[5];
    ampboard_structure_sizes(sizes);
    CHECK(sizes[0] == sizeof(struct kernel));
    test_registry();
    test_passes_through_until_bound();

    uint32_t number = register_class();
    struct plugin *plugin = plugin_create(number);
    CHECK(attach(number, &prompt) > 0);
    plugin_setup(plugin, 48000.0, 2);
    plugin_activate(plugin, 1);
    test_parameters_inside_a_block(plugin);
    test_exact_values(plugin, number);
    test_state(plugin, number);
    test_reset_and_growing_blocks(plugin, number);
    test_bus_changes(plugin, number);
    test_numbers_that_are_not_finite(plugin, number);
    test_swap_refused(number);
    plugin_destroy(plugin);
    CHECK(ampboard_unregister_class(number) == SIDE_CHANNEL_OK);

    test_swaps_while_playing();
    test_plugins_come_and_go_on_several_threads();
    test_streams();
    puts("all as it should be");
    return 0;
}
