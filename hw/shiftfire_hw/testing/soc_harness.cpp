// Runs a shiftfire SoC in Verilator: clock, main memory, the other end of the serial line. Nothing here models the SoC.
//
//   soc_harness JOB
//
// The boot RAM is filled from boot.hex in the working directory. JOB is a text file of "key value" lines:
//   memory FILE     initial main memory, little-endian 32-bit words
//   words N         size of main memory
//   latency N       cycles from a read request to its data
//   divisor N       clock cycles per bit of the serial line
//   limit N         give up after N cycles
//   serial FILE     what comes over the serial line; without it the line is a pseudo-terminal, whose name is the first line of standard output, and
//                   the run goes on after the firmware's exit, until SIGTERM
//   result FILE     "key value" lines: halted, exit_code, cycles, framing_errors
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

// Verilator spells the "__" of nested ports as "___05F".
#include "Vshiftfire_soc.h"
#include "verilated.h"

namespace {

struct Job {
    std::string memory, serial, result;
    uint32_t words = 0, latency = 1, divisor = 0;
    uint64_t limit = 0;
};

Job read_job(const char *path) {
    Job job;
    std::ifstream file(path);
    if (!file) { std::cerr << "soc_harness: cannot read job " << path << "\n"; std::exit(2); }
    std::string line;
    while (std::getline(file, line)) {
        std::istringstream words(line);
        std::string key;
        words >> key;
        if (key == "memory") words >> job.memory;
        else if (key == "words") words >> job.words;
        else if (key == "latency") words >> job.latency;
        else if (key == "divisor") words >> job.divisor;
        else if (key == "limit") words >> job.limit;
        else if (key == "serial") words >> job.serial;
        else if (key == "result") words >> job.result;
        else { std::cerr << "soc_harness: unknown key " << key << "\n"; std::exit(2); }
    }
    return job;
}

// Reads frames of a start bit, eight data bits and a stop bit, each in its middle.
class Receiver {
  public:
    Receiver(uint32_t divisor, std::function<void(uint8_t)> sink) : divisor_(divisor), sink_(std::move(sink)) {}

    void cycle(bool level) {
        if (!busy_) {
            if (level) return;
            busy_ = true;
            wait_ = divisor_ / 2;
            bit_ = 0;
            return;
        }
        if (--wait_) return;
        wait_ = divisor_;
        if (bit_ == 0) errors_ += level;
        else if (bit_ <= 8) byte_ = static_cast<uint8_t>(byte_ >> 1 | level << 7);
        else {
            if (level) sink_(byte_);
            else ++errors_;
            busy_ = false;
        }
        ++bit_;
    }

    uint64_t errors() const { return errors_; }
    bool busy() const { return busy_; }

  private:
    uint32_t divisor_, wait_ = 0, bit_ = 0;
    uint8_t byte_ = 0;
    bool busy_ = false;
    uint64_t errors_ = 0;
    std::function<void(uint8_t)> sink_;
};

// Sends frames of a start bit, eight data bits and a stop bit.
class Transmitter {
  public:
    explicit Transmitter(uint32_t divisor) : divisor_(divisor) {}

    void put(const uint8_t *bytes, size_t count) { bytes_.insert(bytes_.end(), bytes, bytes + count); }
    bool busy() const { return !bytes_.empty(); }

    // The level of the line in the next cycle.
    bool cycle() {
        if (bytes_.empty()) return true;
        const uint32_t bit = at_ / divisor_;
        const bool level = bit == 0 ? false : bit > 8 ? true : bytes_.front() >> (bit - 1) & 1;
        if (++at_ == 10 * divisor_) {
            at_ = 0;
            bytes_.pop_front();
        }
        return level;
    }

  private:
    uint32_t divisor_, at_ = 0;
    std::deque<uint8_t> bytes_;
};

volatile sig_atomic_t stopped = 0;

// A pseudo-terminal in raw mode. What nobody takes is lost, as on a line.
class Terminal {
  public:
    Terminal() : fd_(posix_openpt(O_RDWR | O_NOCTTY)) {
        const char *name = fd_ < 0 || grantpt(fd_) || unlockpt(fd_) ? nullptr : ptsname(fd_);
        slave_ = name ? open(name, O_RDWR | O_NOCTTY) : -1;  // kept open: the other end may come and go
        termios mode;
        if (slave_ < 0 || tcgetattr(slave_, &mode)) fail("cannot open a pseudo-terminal");
        cfmakeraw(&mode);
        if (tcsetattr(slave_, TCSANOW, &mode) || fcntl(fd_, F_SETFL, O_NONBLOCK)) fail("cannot set the pseudo-terminal");
        std::cout << name << std::endl;
    }

    void put(uint8_t byte) {
        [[maybe_unused]] const ssize_t sent = write(fd_, &byte, 1);
    }

    // Bytes that have come, after waiting for them as long as that; their number.
    size_t get(uint8_t *bytes, size_t room, int milliseconds) {
        pollfd one = {fd_, POLLIN, 0};
        if (milliseconds && poll(&one, 1, milliseconds) <= 0) return 0;
        const ssize_t count = read(fd_, bytes, room);
        return count > 0 ? static_cast<size_t>(count) : 0;
    }

  private:
    [[noreturn]] static void fail(const char *what) {
        std::cerr << "soc_harness: " << what << "\n";
        std::exit(2);
    }

    int fd_, slave_;
};

class Bench {
  public:
    explicit Bench(const Job &job)
        : job_(job), context_(new VerilatedContext), top_(new Vshiftfire_soc(context_.get())), memory_(job.words, 0),
          receiver_(job.divisor, [this](uint8_t byte) { sink_(byte); }), transmitter_(job.divisor) {
        std::ifstream file(job.memory, std::ios::binary);
        file.read(reinterpret_cast<char *>(memory_.data()), static_cast<std::streamsize>(memory_.size() * 4));
        top_->rx = 1;
        top_->rst = 1;
        step();
        step();
        top_->rst = 0;
    }

    // Until the firmware's exit; what it sends goes to a file.
    void run() {
        std::ofstream file(job_.serial, std::ios::binary);
        sink_ = [&](uint8_t byte) { file.put(static_cast<char>(byte)); };
        while (now_ < job_.limit && !top_->halted) step();
    }

    // Until SIGTERM. While nothing has happened on the line for a long time, the SoC gets a few cycles now and then.
    void serve(Terminal &terminal) {
        constexpr uint64_t POLL_CYCLES = 200, QUIET_CYCLES = 8'000'000, SLOW_CYCLES = 4000;
        constexpr int SLOW_MILLISECONDS = 250;
        uint64_t looked = 0, active = 0;
        uint8_t bytes[4096];
        sink_ = [&](uint8_t byte) { terminal.put(byte); };
        while (now_ < job_.limit && !stopped) {
            const bool quiet = now_ - active > QUIET_CYCLES;
            if (!transmitter_.busy() && now_ - looked >= (quiet ? SLOW_CYCLES : POLL_CYCLES)) {
                transmitter_.put(bytes, terminal.get(bytes, sizeof bytes, quiet ? SLOW_MILLISECONDS : 0));
                looked = now_;
            }
            top_->rx = transmitter_.cycle();
            step();
            if (transmitter_.busy() || receiver_.busy() || top_->run) active = now_;
        }
    }

    void finish() {
        top_->final();
        std::ofstream result(job_.result);
        result << "halted " << int(top_->halted) << "\n" << "exit_code " << top_->exit_code << "\n" << "cycles " << now_ << "\n"
               << "framing_errors " << receiver_.errors() << "\n";
    }

  private:
    void step() {
        // Answer the read whose time has come, before the edge.
        const bool answers = !reads_.empty() && reads_.front().first == now_;
        top_->memory___05Frsp_valid = answers;
        if (answers) {
            top_->memory___05Frsp_data = reads_.front().second;
            reads_.pop_front();
        }
        top_->memory___05Freq_ready = 1;
        top_->clk = 0;
        top_->eval();
        if (top_->memory___05Freq_valid) {
            const uint32_t address = top_->memory___05Freq_address;
            if (address >= memory_.size()) { std::cerr << "soc_harness: memory word " << address << " does not exist\n"; std::exit(3); }
            if (top_->memory___05Freq_write) memory_[address] = top_->memory___05Freq_data;
            else reads_.emplace_back(now_ + job_.latency, memory_[address]);
        }
        receiver_.cycle(top_->tx);
        top_->clk = 1;
        top_->eval();
        ++now_;
    }

    const Job &job_;
    std::unique_ptr<VerilatedContext> context_;
    std::unique_ptr<Vshiftfire_soc> top_;
    std::vector<uint32_t> memory_;
    std::deque<std::pair<uint64_t, uint32_t>> reads_;
    std::function<void(uint8_t)> sink_ = [](uint8_t) {};
    Receiver receiver_;
    Transmitter transmitter_;
    uint64_t now_ = 0;
};

void stop(int) { stopped = 1; }

// The run ends in an orderly way by these signals, and with the program that started it.
void listen_to_signals() {
    struct sigaction action = {};
    action.sa_handler = stop;
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGINT, &action, nullptr);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
}

}  // namespace

int main(int argc, char **argv) {
    if (argc != 2) { std::cerr << "usage: soc_harness JOB\n"; return 2; }
    const Job job = read_job(argv[1]);
    Bench bench(job);
    if (job.serial.empty()) {
        listen_to_signals();
        Terminal terminal;
        bench.serve(terminal);
    } else {
        bench.run();
    }
    bench.finish();
    return 0;
}
