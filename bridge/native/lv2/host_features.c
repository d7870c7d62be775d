#include "host_features.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#if defined(_WIN32)
#include <direct.h>
#endif

#include "../kernel.h"
#include "urid.h"
#include "vocabulary.h"

#define PARAMETERS_SAMPLE_RATE "http://lv2plug.in/ns/ext/parameters#sampleRate"

/* Paths. What is handed to the plugin is its own, from malloc(): some free it themselves. */

static char *copy_path(void *handle, const char *path) {
    (void)handle;
    size_t size = strlen(path) + 1;
    char *copy = malloc(size);
    if (copy) memcpy(copy, path, size);
    return copy;
}

static bool is_separator(char c) {
#if defined(_WIN32)
    return c == '/' || c == '\\';
#else
    return c == '/';
#endif
}

static void make_folder(const char *path) {
#if defined(_WIN32)
    _mkdir(path);
#else
    mkdir(path, 0700);
#endif
}

static char *make_path(void *handle, const char *path) {
    const struct program *program = handle;
    size_t folder = strlen(program->files);
    size_t size = strlen(path) + 1;
    char *whole = malloc(folder + size);
    if (!whole) return NULL;
    memcpy(whole, program->files, folder);
    memcpy(whole + folder, path, size);
    for (char *at = whole + folder; *at; at++) {
        if (!is_separator(*at)) continue;
        char separator = *at;
        *at = 0;
        make_folder(whole);
        *at = separator;
    }
    return whole;
}

static void free_path(void *handle, char *path) {
    (void)handle;
    free(path);
}

/* State keeps absolute paths: who stores it elsewhere moves the files and rewrites them. */
static struct lv2_state_map_path map_path = {NULL, copy_path, copy_path};

void features_prepare(struct program *program) {
    program->make_path = (struct lv2_state_make_path){program, make_path};
    program->free_path = (struct lv2_state_free_path){program, free_path};
}

/* Options. */

static const char *const option_uris[] = {
    LV2_BLOCKS "minBlockLength", LV2_BLOCKS "maxBlockLength", LV2_BLOCKS "nominalBlockLength",
    LV2_BLOCKS "sequenceSize",   PARAMETERS_SAMPLE_RATE,
};
enum { OPTION_COUNT = sizeof option_uris / sizeof *option_uris };

void options_fill(struct options *options, const struct program *program, double sample_rate) {
    int32_t fixed = program->block_size;
    options->shortest_block = fixed ? fixed : 1;
    options->longest_block = options->nominal_block = fixed ? fixed : KERNEL_MAX_FRAMES;
    options->sequence_size = LV2_ATOM_BUFFER;
    options->sample_rate = (float)sample_rate;
    const void *const values[OPTION_COUNT] = {&options->shortest_block, &options->longest_block,
                                              &options->nominal_block, &options->sequence_size,
                                              &options->sample_rate};
    for (int i = 0; i < OPTION_COUNT; i++) {
        uint32_t type = values[i] == &options->sample_rate ? vocabulary.atom_float : vocabulary.atom_int;
        options->list[i] = (struct lv2_option){.key = urid_map(option_uris[i]), .size = 4, .type = type,
                                               .value = values[i]};
    }
    options->list[OPTION_COUNT] = (struct lv2_option){0};
}

bool options_include(const char *uri) {
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (strcmp(option_uris[i], uri) == 0) return true;
    }
    return false;
}

/* Features. */

enum source {
    OF_ALL, /* the same for every plugin, or no data at all */
    OF_OPTIONS,
    OF_SCHEDULE,
    OF_LOG,
    OF_MAKE_PATH,
    OF_FREE_PATH,
};

enum block { ANY_BLOCK, FIXED_BLOCK, POWER_OF_TWO_BLOCK };

static const struct {
    const char *uri;
    enum source source;
    enum block block; /* offered only with such a fixed block */
    const void *data;
} offered[] = {
    {LV2_URID "map", OF_ALL, ANY_BLOCK, &urid_map_feature},
    {LV2_URID "unmap", OF_ALL, ANY_BLOCK, &urid_unmap_feature},
    {LV2_OPTIONS "options", OF_OPTIONS, ANY_BLOCK, NULL},
    {LV2_BLOCKS "boundedBlockLength", OF_ALL, ANY_BLOCK, NULL},
    {LV2_BLOCKS "fixedBlockLength", OF_ALL, FIXED_BLOCK, NULL},
    {LV2_BLOCKS "coarseBlockLength", OF_ALL, FIXED_BLOCK, NULL},
    {LV2_BLOCKS "powerOf2BlockLength", OF_ALL, POWER_OF_TWO_BLOCK, NULL},
    {LV2_WORKER "schedule", OF_SCHEDULE, ANY_BLOCK, NULL},
    {"http://lv2plug.in/ns/ext/log#log", OF_LOG, ANY_BLOCK, NULL},
    {LV2_STATE "loadDefaultState", OF_ALL, ANY_BLOCK, NULL},
    {LV2_STATE "threadSafeRestore", OF_ALL, ANY_BLOCK, NULL},
    {LV2_STATE "makePath", OF_MAKE_PATH, ANY_BLOCK, NULL},
    {LV2_STATE "freePath", OF_FREE_PATH, ANY_BLOCK, NULL},
};
enum { OFFERED = sizeof offered / sizeof *offered };

/* Features that ask nothing of the host but what it does anyway: inputs and outputs never overlap, outputs are never
 * read; or that are a promise of the plugin. */
static const char *const granted[] = {
    "http://lv2plug.in/ns/lv2core#inPlaceBroken",
    "http://lv2plug.in/ns/lv2core#hardRTCapable",
    "http://lv2plug.in/ns/lv2core#isLive",
    LV2_STATE "mapPath",
};

static bool fits_block(enum block block, int32_t size) {
    if (block == POWER_OF_TWO_BLOCK) return size > 0 && (size & (size - 1)) == 0;
    return block == ANY_BLOCK || size > 0;
}

bool features_include(const char *uri, int32_t block_size) {
    for (size_t i = 0; i < sizeof granted / sizeof *granted; i++) {
        if (strcmp(granted[i], uri) == 0) return true;
    }
    for (int i = 0; i < OFFERED; i++) {
        if (strcmp(offered[i].uri, uri) == 0) return fits_block(offered[i].block, block_size);
    }
    return false;
}

static void add(struct features *features, int *count, const char *uri, const void *data) {
    features->items[*count] = (struct lv2_feature){uri, (void *)data};
    features->list[*count] = &features->items[*count];
    features->list[++*count] = NULL;
}

void features_fill(struct features *features, struct program *program, struct options *options,
                   struct lv2_worker_schedule *schedule) {
    int count = 0;
    for (int i = 0; i < OFFERED; i++) {
        if (!fits_block(offered[i].block, program->block_size)) continue;
        const void *data = offered[i].data;
        switch (offered[i].source) {
        case OF_ALL: break;
        case OF_OPTIONS: data = options->list; break;
        case OF_SCHEDULE: data = schedule; break;
        case OF_LOG: data = &program->log.feature; break;
        case OF_MAKE_PATH: data = &program->make_path; break;
        case OF_FREE_PATH: data = &program->free_path; break;
        }
        if (offered[i].source == OF_SCHEDULE && !program->worker) continue;
        add(features, &count, offered[i].uri, data);
    }
}

void features_fill_state(struct features *features, struct program *program, struct lv2_worker_schedule *schedule) {
    int count = 0;
    add(features, &count, LV2_STATE "mapPath", &map_path);
    add(features, &count, LV2_STATE "makePath", &program->make_path);
    add(features, &count, LV2_STATE "freePath", &program->free_path);
    if (program->worker) add(features, &count, LV2_WORKER "schedule", schedule);
}
