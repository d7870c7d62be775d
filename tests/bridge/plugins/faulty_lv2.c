/* An LV2 effect for tests that copies its input, and does wrong what FAULT says: see faulty.c. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct descriptor {
    const char *uri;
    void *(*instantiate)(const struct descriptor *, double, const char *, const void *const *);
    void (*connect_port)(void *, uint32_t, void *);
    void (*activate)(void *);
    void (*run)(void *, uint32_t);
    void (*deactivate)(void *);
    void (*cleanup)(void *);
    const void *(*extension_data)(const char *);
};

struct plugin {
    float *ports[2];
};

static void maybe_fail(const char *where) {
    const char *fault = getenv("FAULT");
    const char *dash = fault ? strchr(fault, '-') : NULL;
    if (!dash || strcmp(dash + 1, where) != 0) return;
    const char *spared = getenv("FAULT_SPARES");
    if (spared && atoi(spared) == (int)getpid()) return;
    if (*fault == 'c') abort();
    for (;;) pause();
}

__attribute__((destructor)) static void unload(void) { maybe_fail("exit"); }

static void *instantiate(const struct descriptor *descriptor, double rate, const char *bundle,
                         const void *const *features) {
    (void)descriptor, (void)rate, (void)bundle, (void)features;
    maybe_fail("load");
    return calloc(1, sizeof(struct plugin));
}
static void connect_port(void *handle, uint32_t port, void *data) { ((struct plugin *)handle)->ports[port] = data; }
static void run(void *handle, uint32_t frames) {
    float **ports = ((struct plugin *)handle)->ports;
    for (uint32_t i = 0; i < frames; i++) {
        if (fabsf(ports[0][i]) > 1.5F) maybe_fail("loud");
        if (ports[0][i] != 0.0F) maybe_fail("play");
        ports[1][i] = ports[0][i];
    }
}
static void cleanup(void *handle) {
    maybe_fail("cleanup");
    free(handle);
}

static const struct descriptor descriptor = {"urn:ampboard-test:faulty", instantiate, connect_port, NULL, run, NULL,
                                             cleanup, NULL};

__attribute__((visibility("default"))) const struct descriptor *lv2_descriptor(uint32_t index);
const struct descriptor *lv2_descriptor(uint32_t index) { return index == 0 ? &descriptor : NULL; }
