/* The LV2 host without a bridge around it, for the sanitizers: one plugin of plugins.c (argv[1]) prepared, played,
 * reset, patched, saved and restored, offline and live, while another thread asks for everything at once. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "live.h"
#include "lv2/host.h"

enum { FRAMES = 512, BLOCKS = 400, CHANNELS = 2 };

#define EXPECT(condition)                                                          \
    do {                                                                           \
        if (!(condition)) {                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                               \
        }                                                                          \
    } while (0)

struct running {
    struct kernel kernel;
    void *state;
};

static struct program *open_plugin(const char *binary, const char *uri, const struct port *ports, int32_t count,
                                   int32_t block_size) {
    char error[256] = "";
    const struct plugin_facts facts = {
        .uri = uri, .binary = binary, .bundle = "/", .files = "/tmp/", .port_count = count, .ports = ports,
        .parameter_count = 1, .block_size = block_size,
    };
    struct program *program = ampboard_lv2_open(&facts, error, sizeof error);
    if (!program) fprintf(stderr, "%s\n", error);
    return program;
}

static struct running prepare(struct program *program, int32_t side_inputs) {
    struct running running;
    const struct kernel_setup setup = {48000.0, FRAMES, CHANNELS, CHANNELS, side_inputs};
    ampboard_lv2_kernel(program, &running.kernel);
    int64_t size = running.kernel.measure(program, &setup);
    EXPECT(size > 0);
    size_t lines = ((size_t)size + 63) / 64 * 64;
    running.state = aligned_alloc(64, lines);
    memset(running.state, 0, lines);
    ((float *)running.state)[0] = 1.0f;
    EXPECT(running.kernel.prepare(running.state, program, &setup) >= 0);
    return running;
}

static void release(struct running *running) {
    running->kernel.release(running->state);
    free(running->state);
}

/* The last sample of the first channel. */
static float play(struct running *running, float level, int32_t frames) {
    float in[CHANNELS + 1][FRAMES], out[CHANNELS][FRAMES];
    const float *inputs[] = {in[0], in[1], in[2]};
    float *outputs[] = {out[0], out[1]};
    for (int c = 0; c < CHANNELS + 1; c++) {
        for (int i = 0; i < FRAMES; i++) in[c][i] = level;
    }
    running->kernel.process(running->state, inputs, outputs, frames);
    return out[0][frames - 1];
}

static const struct port plain[] = {{PORT_AUDIO, 0, -1, 0, 0.0f, 0}, {PORT_AUDIO, 1, -1, 0, 0.0f, 0}};
static const struct port gain[] = {
    {PORT_AUDIO, 0, -1, 0, 0.0f, 0}, {PORT_AUDIO, 1, -1, 0, 0.0f, 0},         {PORT_CONTROL, 0, 0, 0, 1.0f, 0},
    {PORT_ATOM, 0, -1, PORT_PATCH, 0.0f, 0}, {PORT_ATOM, 1, -1, 0, 0.0f, 100000}, {PORT_CONTROL, 1, -1, 0, 0.0f, 0},
};
static const struct port midi[] = {
    {PORT_AUDIO, 0, -1, 0, 0.0f, 0}, {PORT_AUDIO, 1, -1, 0, 0.0f, 0}, {PORT_ATOM, 0, -1, PORT_MIDI, 0.0f, 0}};
static const struct port side[] = {
    {PORT_AUDIO, 0, -1, 0, 0.0f, 0}, {PORT_AUDIO, 1, -1, 0, 0.0f, 0}, {PORT_SIDE_CHAIN, 0, -1, 0, 0.0f, 0}};

static struct property file_property(const char *path) {
    return (struct property){
        .key = ampboard_lv2_map("urn:ampboard-test:file"),
        .type = ampboard_lv2_map("http://lv2plug.in/ns/ext/atom#Path"),
        .flags = 1,
        .size = (uint32_t)strlen(path) + 1,
        .value = path,
    };
}

static void check_rest(const char *binary, int32_t block_size) {
    struct program *program = open_plugin(binary, "urn:ampboard-test:sum", plain, 2, block_size);
    EXPECT(program);
    struct running running = prepare(program, 0);
    float first = 0.0f;
    for (int rerun = 0; rerun < 3; rerun++) {
        running.kernel.reset(running.state);
        float last = 0.0f;
        for (int32_t frames = 1; frames < FRAMES; frames += 37) last = play(&running, 0.25f, frames);
        EXPECT(rerun == 0 || last == first);
        first = last;
    }
    release(&running);
    ampboard_lv2_close(program);
}

static void check_side_and_midi(const char *binary, int32_t block_size) {
    struct program *program = open_plugin(binary, "urn:ampboard-test:side", side, 3, block_size);
    EXPECT(program);
    struct running running = prepare(program, 1);
    play(&running, 0.5f, FRAMES);
    EXPECT(play(&running, 0.5f, FRAMES) == 1.5f);
    release(&running);
    ampboard_lv2_close(program);
    program = open_plugin(binary, "urn:ampboard-test:midi", midi, 3, block_size);
    EXPECT(program);
    running = prepare(program, 0);
    const uint8_t note[] = {0x90, 64, 100};
    for (int k = 0; k < 10000; k++) running.kernel.event(running.state, 0, note, sizeof note); /* more than there is room */
    play(&running, 0.0f, FRAMES);
    running.kernel.reset(running.state);
    running.kernel.event(running.state, FRAMES - 1 - block_size, note, sizeof note);
    EXPECT(play(&running, 0.0f, FRAMES) == 64.0f || block_size);
    release(&running);
    ampboard_lv2_close(program);
}

static void check_state(const char *binary, const char *path) {
    struct program *program = open_plugin(binary, "urn:ampboard-test:gain", gain, 6, 0);
    EXPECT(program);
    struct running running = prepare(program, 0);
    const struct property file = file_property(path), *saved = NULL;
    EXPECT(play(&running, 1.0f, 64) == 1.0f);
    EXPECT(ampboard_lv2_patch(program, &file) == 0);
    play(&running, 1.0f, 64);
    EXPECT(play(&running, 1.0f, 64) == 0.5f);
    running.kernel.reset(running.state);
    EXPECT(play(&running, 1.0f, 64) == 0.5f);
    EXPECT(ampboard_lv2_save(program, &saved) == 1 && saved[0].key == file.key);
    EXPECT(ampboard_lv2_restore(program, NULL, 0) == 0);
    EXPECT(play(&running, 1.0f, 64) == 1.0f);
    release(&running);
    EXPECT(ampboard_lv2_save(program, &saved) == 0);
    ampboard_lv2_close(program);
}

/* Live: one thread plays and resets, one changes and asks. */

struct show {
    struct program *program;
    struct running running;
    const char *path;
    atomic_bool is_over;
};

static void *ask(void *argument) {
    struct show *show = argument;
    const struct property file = file_property(show->path), *saved = NULL;
    char text[4096];
    float value;
    for (int k = 0; !atomic_load(&show->is_over); k++) {
        ampboard_lv2_patch(show->program, &file);
        ampboard_lv2_ask(show->program, 0);
        ampboard_lv2_save(show->program, &saved);
        ampboard_lv2_news(show->program, text, sizeof text);
        ampboard_lv2_log(show->program, text, sizeof text);
        if (k % 3 == 0) ampboard_lv2_restore(show->program, &file, 1);
        (void)value;
        nanosleep(&(struct timespec){0, 200000}, NULL);
    }
    return NULL;
}

static void check_show(const char *binary, const char *path) {
    struct show show = {.path = path};
    show.program = open_plugin(binary, "urn:ampboard-test:gain", gain, 6, 0);
    EXPECT(show.program);
    show.running = prepare(show.program, 0);
    pthread_t thread;
    ampboard_set_live(1);
    EXPECT(pthread_create(&thread, NULL, ask, &show) == 0);
    for (int k = 0; k < BLOCKS; k++) {
        if (k % 20 == 0) show.running.kernel.reset(show.running.state);
        float heard = play(&show.running, 1.0f, 64);
        EXPECT(heard == 0.0f || heard == 0.5f || heard == 1.0f);
        nanosleep(&(struct timespec){0, 100000}, NULL);
    }
    atomic_store(&show.is_over, true);
    pthread_join(thread, NULL);
    ampboard_set_live(0);
    release(&show.running);
    ampboard_lv2_close(show.program);
}

int main(int count, char **arguments) {
    EXPECT(count == 3);
    for (int32_t block_size = 0; block_size <= 100; block_size += 100) {
        check_rest(arguments[1], block_size);
        check_side_and_midi(arguments[1], block_size);
    }
    check_state(arguments[1], arguments[2]);
    check_show(arguments[1], arguments[2]);
    puts("all as it should be");
    return 0;
}
