// usage: verify_bounds ROOT
//
// What verifying a document takes: for each line `SECONDS FILE` of standard input prints `VERDICT STACK
// HEAP`, the verdict being `accepted` or our tag, the other two the most bytes that were in use at once,
// libcrypto's among them. ROOT is a file, or `aws`. Built as it is shipped, without sanitizers, whose frames
// are several times as large. With SECONDS `control` a function that takes what the file's name says,
// `STACK-HEAP`, is measured instead: it shows that this sees it.
#include <malloc.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <new>
#include <string>

#include "attestation/aws_root.hpp"
#include "attestation/verify.hpp"

namespace {

using namespace ben;

std::size_t heap_now = 0;
std::size_t heap_peak = 0;

void* take(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  heap_now += malloc_usable_size(memory);
  heap_peak = std::max(heap_peak, heap_now);
  return memory;
}

void give(void* memory) {
  if (memory != nullptr) heap_now -= malloc_usable_size(memory);
  std::free(memory);
}

void* take_for_libcrypto(std::size_t size, const char*, int) { return size == 0 ? nullptr : take(size); }

void give_for_libcrypto(void* memory, const char*, int) { give(memory); }

// Old and new block are there at once.
void* resize_for_libcrypto(void* memory, std::size_t size, const char*, int) {
  void* larger = take_for_libcrypto(size, nullptr, 0);
  if (memory != nullptr && larger != nullptr)
    std::memcpy(larger, memory, std::min(size, malloc_usable_size(memory)));
  give(memory);
  return larger;
}

constexpr std::size_t stack_bytes = std::size_t{1} << 20;
constexpr unsigned char paint = 0xa5;

struct Work {
  std::function<void()> run;
  const unsigned char* entry = nullptr;  // of the stack
};

void* run_on_painted_stack(void* argument) {
  Work& work = *static_cast<Work*>(argument);
  work.entry = static_cast<const unsigned char*>(__builtin_frame_address(0));
  work.run();
  return nullptr;
}

// The bytes of stack below the frame that calls `run`.
std::size_t stack_of(std::function<void()> run) {
  static void* const stack =
      mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack == MAP_FAILED) std::abort();
  std::memset(stack, paint, stack_bytes);
  Work work{.run = std::move(run)};
  pthread_attr_t attributes;
  pthread_t thread{};
  if (pthread_attr_init(&attributes) != 0 || pthread_attr_setstack(&attributes, stack, stack_bytes) != 0 ||
      pthread_create(&thread, &attributes, run_on_painted_stack, &work) != 0 ||
      pthread_join(thread, nullptr) != 0)
    std::abort();
  const auto* lowest = static_cast<const unsigned char*>(stack);
  while (lowest < work.entry && *lowest == paint) ++lowest;
  return static_cast<std::size_t>(work.entry - lowest);
}

[[gnu::noinline]] void take_stack_and_heap(std::size_t stack, std::size_t heap) {
  auto* block = static_cast<volatile char*>(__builtin_alloca(stack));
  for (std::size_t i = 0; i < stack; ++i) block[i] = 1;
  const Bytes bytes(heap, 1);
  if (bytes.size() != heap) std::abort();
}

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) std::abort();
  return {std::istreambuf_iterator<char>(file), {}};
}

void measure(ByteView root, const std::string& seconds, const std::string& file) {
  std::function<void()> run;
  std::string verdict = "control";
  Bytes document;
  if (seconds == "control") {
    run = [&file] { take_stack_and_heap(std::stoul(file), std::stoul(file.substr(file.find('-') + 1))); };
  } else {
    document = read_file(file);
    run = [&, time_s = std::stoull(seconds)] {
      const auto checked =
          attestation::verify_document(document, {.root_certificate = root, .time_s = time_s});
      verdict = checked ? "accepted" : to_error(checked.error()).tag.view();
    };
  }
  const std::size_t before = heap_peak = heap_now;
  const std::size_t stack = stack_of(std::move(run));
  std::cout << verdict << ' ' << stack << ' ' << heap_peak - before << '\n';
}

}  // namespace

void* operator new(std::size_t size) { return take(size); }
void operator delete(void* memory) noexcept { give(memory); }
void operator delete(void* memory, std::size_t) noexcept { give(memory); }

int main(int argc, char** argv) {
  if (argc != 2 ||
      CRYPTO_set_mem_functions(take_for_libcrypto, resize_for_libcrypto, give_for_libcrypto) != 1) {
    std::cerr << "usage: verify_bounds ROOT\n";
    return 2;
  }
  const Bytes named =
      argv[1] == std::string("aws") ? to_bytes(attestation::aws_root_certificate()) : read_file(argv[1]);
  std::string seconds;
  std::string file;
  while (std::cin >> seconds >> file) measure(named, seconds, file);
  return 0;
}
