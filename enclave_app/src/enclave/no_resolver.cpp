// libcrypto's socket code would bring glibc's resolver, name services and dynamic loader into the image.
// Nothing here calls it, so these definitions, which only fail, take their place in the static program.
#include <dlfcn.h>
#include <netdb.h>

extern "C" {

int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) {
  return EAI_FAIL;
}
void freeaddrinfo(addrinfo*) noexcept {}
int getnameinfo(const sockaddr*, socklen_t, char*, socklen_t, char*, socklen_t, int) {
  return EAI_FAIL;
}
const char* gai_strerror(int) noexcept {
  return "no resolver";
}
hostent* gethostbyname(const char*) {
  return nullptr;
}
void* dlopen(const char*, int) noexcept {
  return nullptr;
}
void* dlsym(void*, const char*) noexcept {
  return nullptr;
}
int dlclose(void*) noexcept {
  return -1;
}
char* dlerror() noexcept {
  return nullptr;
}
int dladdr(const void*, Dl_info*) noexcept {
  return 0;
}

}  // extern "C"
