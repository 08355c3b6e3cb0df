// libcrypto's code for sockets and modules would bring glibc's resolver, name services and dynamic loader
// into the image. In the static program this function, which finds nothing, takes the place of dlopen. The
// linker gives it the names of the loader's other functions too, as null or 0 is their failure, and those of
// the resolver, which nothing calls, to abort(): see CMakeLists.txt.
extern "C" void* dlopen(const char* /*file*/, int /*mode*/) noexcept { return nullptr; }
