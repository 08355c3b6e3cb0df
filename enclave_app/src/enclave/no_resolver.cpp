// libcrypto's code for sockets and modules would bring glibc's resolver, name services and dynamic loader
// into the image. In the static program the linker gives the names of the loader to this function, which
// finds nothing and says so as each of them does, and those of the resolver, which nothing calls, to abort():
// see CMakeLists.txt.
extern "C" void* find_no_library() {
  return nullptr;
}
