#include "cli/command_line.hpp"

int main(int argc, char** argv) { return ben::cli::run(argc, argv); }
