#ifndef ZVENO_CEPOLL_H
#define ZVENO_CEPOLL_H

/* What `import Glibc` does not show: epoll, eventfd, accept4. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
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

/* Non-blocking, closed on exec. The prototype of accept4 depends on _GNU_SOURCE, which a module may not see. */
int accept4(int, struct sockaddr *__restrict, socklen_t *__restrict, int);

static inline int cepoll_accept(int listener, struct sockaddr *address, socklen_t *length) {
  return accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

#endif
