// One bit of what was signed is another: in every place, one at a time.
#pragma once

#include <doctest/doctest.h>

namespace ben::test {

// `tag_of`: what is said of a text or of bytes, empty for yes. One bit of each byte is flipped, another one
// each time, and has to be refused; unchanged they pass. (dsse_test.cpp flips every bit of an envelope.)
template <typename Text, typename TagOf>
void check_flips_are_refused(Text text, const TagOf& tag_of) {
  using Unit = typename Text::value_type;
  for (std::size_t bit = 0; bit < text.size() * 8; bit += 9) {
    CAPTURE(bit);
    const Unit kept = text[bit / 8];
    text[bit / 8] = static_cast<Unit>(kept ^ static_cast<Unit>(1U << bit % 8));
    CHECK(tag_of(text) != "");
    text[bit / 8] = kept;
  }
  CHECK(tag_of(text) == "");
}

}  // namespace ben::test
