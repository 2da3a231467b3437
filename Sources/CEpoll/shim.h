#ifndef ZVENO_CEPOLL_H
#define ZVENO_CEPOLL_H

/* What `import Glibc` does not show: epoll, eventfd, accept4. */

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/* The members of `epoll_data_t` and the packed `epoll_event`, set and read without C unions in Swift. */
static inline struct epoll_event cepoll_event(uint32_t events, uint64_t data) {
  struct epoll_event event;
  event.events = events;
  event.data.u64 = data;
  return event;
}

static inline uint64_t cepoll_data(const struct epoll_event *event) { return event->data.u64; }

/* glibc declares accept4 only under _GNU_SOURCE, and with that other types would differ from those of Swift's Glibc module. */
extern int accept4(int, struct sockaddr *, socklen_t *, int);

/* The connection it returns is non-blocking and closed on exec. */

static inline int cepoll_accept(int listener, struct sockaddr *address, socklen_t *length) {
  return accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

#endif
