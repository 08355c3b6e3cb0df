// The control of scripts/check-races: two threads and one number without a lock, which ThreadSanitizer has to
// report.
#include <thread>

int main() {
  int number = 0;
  std::jthread other([&number] { ++number; });
  ++number;
}
