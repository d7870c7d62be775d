/* Marks the few symbols that leave the module. */
#ifndef AMPBOARD_EXPORTED_H
#define AMPBOARD_EXPORTED_H

#if defined(_WIN32)
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

#endif
