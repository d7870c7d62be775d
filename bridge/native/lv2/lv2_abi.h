/* The part of LV2's C interface that the host uses, declared from the specification: https://lv2plug.in/ns/.
 *
 * Threads: instantiate, connect_port outside run(), activate, deactivate, cleanup and restore never meet another call on
 * the same instance; run() and work_response() belong to the audio thread; work() and save() may meet run().
 */
#ifndef AMPBOARD_LV2_ABI_H
#define AMPBOARD_LV2_ABI_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* lv2core */
struct lv2_feature {
    const char *uri;
    void *data;
};

struct lv2_plugin {
    const char *uri;
    void *(*instantiate)(const struct lv2_plugin *plugin, double sample_rate, const char *bundle,
                         const struct lv2_feature *const *features);
    void (*connect_port)(void *handle, uint32_t port, void *data);
    void (*activate)(void *handle);
    void (*run)(void *handle, uint32_t frames);
    void (*deactivate)(void *handle);
    void (*cleanup)(void *handle);
    const void *(*extension_data)(const char *uri);
};

typedef const struct lv2_plugin *(*lv2_descriptor_function)(uint32_t index);

/* lv2:lib_descriptor: the newer way in, which a few libraries have alone. */
struct lv2_library {
    void *handle;
    uint32_t size;
    void (*cleanup)(void *handle);
    const struct lv2_plugin *(*plugin)(void *handle, uint32_t index);
};

typedef const struct lv2_library *(*lv2_library_function)(const char *bundle, const struct lv2_feature *const *features);

/* urid */
struct lv2_urid_map {
    void *handle;
    uint32_t (*map)(void *handle, const char *uri);
};

struct lv2_urid_unmap {
    void *handle;
    const char *(*unmap)(void *handle, uint32_t urid);
};

/* options */
struct lv2_option {
    int32_t context; /* 0: of the instance itself */
    uint32_t subject;
    uint32_t key;
    uint32_t size;
    uint32_t type;
    const void *value;
};

/* log */
struct lv2_log {
    void *handle;
    int (*print)(void *handle, uint32_t type, const char *format, ...);
    int (*print_list)(void *handle, uint32_t type, const char *format, va_list arguments);
};

/* worker */
enum lv2_worker_status { LV2_WORKER_SUCCESS = 0, LV2_WORKER_UNKNOWN = 1, LV2_WORKER_NO_SPACE = 2 };

typedef enum lv2_worker_status (*lv2_worker_respond)(void *handle, uint32_t size, const void *data);

struct lv2_worker {
    enum lv2_worker_status (*work)(void *instance, lv2_worker_respond respond, void *respond_handle, uint32_t size,
                                   const void *data);
    enum lv2_worker_status (*work_response)(void *instance, uint32_t size, const void *data);
    enum lv2_worker_status (*end_run)(void *instance);
};

struct lv2_worker_schedule {
    void *handle;
    enum lv2_worker_status (*schedule_work)(void *handle, uint32_t size, const void *data);
};

/* state */
enum lv2_state_status { LV2_STATE_SUCCESS = 0, LV2_STATE_UNKNOWN = 1, LV2_STATE_BAD_TYPE = 2, LV2_STATE_NO_SPACE = 6 };
enum { LV2_STATE_IS_POD = 1, LV2_STATE_IS_PORTABLE = 2 };

typedef enum lv2_state_status (*lv2_state_store)(void *handle, uint32_t key, const void *value, size_t size,
                                                 uint32_t type, uint32_t flags);
typedef const void *(*lv2_state_retrieve)(void *handle, uint32_t key, size_t *size, uint32_t *type, uint32_t *flags);

struct lv2_state {
    enum lv2_state_status (*save)(void *instance, lv2_state_store store, void *handle, uint32_t flags,
                                  const struct lv2_feature *const *features);
    enum lv2_state_status (*restore)(void *instance, lv2_state_retrieve retrieve, void *handle, uint32_t flags,
                                     const struct lv2_feature *const *features);
};

struct lv2_state_map_path {
    void *handle;
    char *(*abstract_path)(void *handle, const char *absolute_path);
    char *(*absolute_path)(void *handle, const char *abstract_path);
};

struct lv2_state_make_path {
    void *handle;
    char *(*path)(void *handle, const char *path);
};

struct lv2_state_free_path {
    void *handle;
    void (*free_path)(void *handle, char *path);
};

/* atom: every size counts the body alone; bodies are padded to 8 bytes in sequences, objects and tuples. */
struct lv2_atom {
    uint32_t size;
    uint32_t type;
};

struct lv2_atom_sequence {
    struct lv2_atom atom;
    uint32_t unit; /* 0: frames */
    uint32_t padding;
};

struct lv2_atom_event {
    int64_t frame;
    struct lv2_atom body;
};

struct lv2_atom_object {
    struct lv2_atom atom;
    uint32_t id;
    uint32_t kind;
};

struct lv2_atom_property {
    uint32_t key;
    uint32_t context;
    struct lv2_atom value;
};

#endif
