/* Opening a plugin's code. Off the audio thread. */
#ifndef AMPBOARD_LV2_LIBRARY_H
#define AMPBOARD_LV2_LIBRARY_H

#include <stdio.h>

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

static inline void *library_open(const char *path, char *error, size_t capacity) {
    void *library = LoadLibraryA(path);
    if (!library) snprintf(error, capacity, "error %lu", GetLastError());
    return library;
}

static inline void library_close(void *library) { FreeLibrary(library); }
static inline void *library_symbol(void *library, const char *name) { return (void *)GetProcAddress(library, name); }

#else
#include <dlfcn.h>

static inline void *library_open(const char *path, char *error, size_t capacity) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) snprintf(error, capacity, "%s", dlerror());
    return library;
}

static inline void library_close(void *library) { dlclose(library); }
static inline void *library_symbol(void *library, const char *name) { return dlsym(library, name); }

#endif
#endif
