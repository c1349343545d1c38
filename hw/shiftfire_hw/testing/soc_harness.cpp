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
//   serial FILE     what comes over the serial line
//   result FILE     "key value" lines: halted, exit_code, cycles, framing_errors
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <fstream>
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
    Receiver(uint32_t divisor, const std::string &path) : divisor_(divisor), file_(path, std::ios::binary) {}

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
            if (level) file_.put(static_cast<char>(byte_));
            else ++errors_;
            busy_ = false;
        }
        ++bit_;
    }

    uint64_t errors() const { return errors_; }

  private:
    uint32_t divisor_, wait_ = 0, bit_ = 0;
    uint8_t byte_ = 0;
    bool busy_ = false;
    uint64_t errors_ = 0;
    std::ofstream file_;
};

class Bench {
  public:
    explicit Bench(const Job &job)
        : job_(job), context_(new VerilatedContext), top_(new Vshiftfire_soc(context_.get())), memory_(job.words, 0),
          receiver_(job.divisor, job.serial) {
        std::ifstream file(job.memory, std::ios::binary);
        file.read(reinterpret_cast<char *>(memory_.data()), static_cast<std::streamsize>(memory_.size() * 4));
        top_->rx = 1;
        top_->rst = 1;
        step();
        step();
        top_->rst = 0;
    }

    void run() {
        while (now_ < job_.limit && !top_->halted) step();
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
    Receiver receiver_;
    uint64_t now_ = 0;
};

}  // namespace

int main(int argc, char **argv) {
    if (argc != 2) { std::cerr << "usage: soc_harness JOB\n"; return 2; }
    const Job job = read_job(argv[1]);
    Bench bench(job);
    bench.run();
    return 0;
}
