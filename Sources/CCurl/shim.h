// libcurl for Swift. curl_easy_setopt and curl_easy_getinfo take variadic arguments, which Swift cannot call:
// each wrapper below passes one kind of argument, so the compiler checks what the C prototype cannot.
#ifndef ZVENO_CCURL_SHIM_H
#define ZVENO_CCURL_SHIM_H

#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>

/// Bytes in or out (CURLOPT_READFUNCTION, CURLOPT_WRITEFUNCTION, CURLOPT_HEADERFUNCTION): buffer, size, count, user data.
typedef size_t (*zveno_curl_bytes)(char *buffer, size_t size, size_t count, void *context);

static inline CURLcode zveno_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

/// libcurl copies strings it is given, except CURLOPT_POSTFIELDS: use CURLOPT_COPYPOSTFIELDS or keep the bytes alive.
static inline CURLcode zveno_curl_set_string(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode zveno_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}

/// Lists are not copied: keep them until the transfer is over.
static inline CURLcode zveno_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode zveno_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode zveno_curl_set_bytes(CURL *handle, CURLoption option, zveno_curl_bytes function) {
  return curl_easy_setopt(handle, option, function);
}

static inline CURLcode zveno_curl_set_prereq(CURL *handle, curl_prereq_callback function) {
  return curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, function);
}

static inline CURLcode zveno_curl_set_opensocket(CURL *handle, curl_opensocket_callback function) {
  return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, function);
}

static inline CURLcode zveno_curl_get_long(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode zveno_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
  return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode zveno_curl_get_socket(CURL *handle, CURLINFO info, curl_socket_t *value) {
  return curl_easy_getinfo(handle, info, value);
}

#endif
