// Runs a shiftfire chip in Verilator: clock, memory, host. No model of anything: what it prints is what the RTL did.
//
//   harness JOB
//
// JOB is a text file of "key value" lines:
//   memory FILE     what the host writes to the memory, little-endian 32-bit words, one "write" behind the other
//   words N         size of the memory
//   latency N       cycles from a read request to its data
//   stall P N       the memory takes no request in the last N of every P cycles, counted from the start of each phase
//   limit N         give up after N cycles of one phase
//   round           starts a round: what follows belongs to it, up to the next one
//   write BASE COUNT            before the round, the host writes the next COUNT words of the memory's file
//   restore NUMBER BASE         before the round, the host writes what it has kept under NUMBER
//   keep NUMBER BASE COUNT      after the round, the host reads words and keeps them under NUMBER
//   config BASE COUNT           configuration image
//   loading BASE COUNT          configuration image beside the run, none if COUNT is 0
//   inject BASE COUNT           injection program
//   collect BASE LIMIT ENDS     collection
//   drain FLAG                  1: the run ends when the fabric is quiet as well
//   readback BASE COUNT TARGET  configuration image run afterwards; values read go to TARGET
//   trace FILE      FILE.0, FILE.1, ... of the rounds: rows of four little-endian 64-bit words: cycle, tile, event, flit
//   engines N       1: the trace has the engines' events as well (their activity in the place of the flit)
//   membranes FILE  FILE.0, ... of the rounds, in a harness built for it: rows of little-endian 64-bit words, cycle and tile, then the 32-bit words
//                   of membrane_trace, lowest first, for every cycle in which a tile writes membranes
//   waves FILE FROM COUNT       every signal in cycles FROM to FROM + COUNT - 1 of each run, in a harness built with tracing; a cycle is
//                   1 ns long, cycle 0 of the first run begins at 0 ns, and what holds in a cycle stands just before its end
//   result FILE     "key value" lines, those of a round after its "round" line
//   values FILE     FILE.0, FILE.1, ... of the rounds: what their readback has stored
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

// Verilator spells the "__" of nested ports as "___05F".
#include "Vshiftfire_chip.h"
#include "chip_traces.h"
#include "shiftfire_contract.h"
#include "verilated.h"
#if VM_TRACE_FST
#include "verilated_fst_c.h"
using WaveFile = VerilatedFstC;
#elif VM_TRACE
#include "verilated_vcd_c.h"
using WaveFile = VerilatedVcdC;
#endif

namespace {

struct Round {
    std::vector<std::array<uint32_t, 2>> writes, restores;  // (base, count); (number, base)
    std::vector<std::array<uint32_t, 3>> keeps;             // (number, base, count)
    uint32_t config[2] = {0, 0}, loading[2] = {0, 0}, inject[2] = {0, 0}, collect[3] = {0, 0, 0}, readback[3] = {0, 0, 0}, drain = 0;
};

struct Job {
    std::string memory, trace, membranes, result, values, waves;
    uint32_t words = 0, latency = 1, stall[2] = {1, 0};
    uint64_t limit = 0, waves_from = 0, waves_count = 0;
    bool engines = false;
    std::vector<Round> rounds;
};

Job read_job(const char *path) {
    Job job;
    std::ifstream file(path);
    if (!file) { std::cerr << "harness: cannot read job " << path << "\n"; std::exit(2); }
    std::string line;
    while (std::getline(file, line)) {
        std::istringstream words(line);
        std::string key;
        words >> key;
        if (key == "memory") words >> job.memory;
        else if (key == "words") words >> job.words;
        else if (key == "latency") words >> job.latency;
        else if (key == "stall") words >> job.stall[0] >> job.stall[1];
        else if (key == "limit") words >> job.limit;
        else if (key == "round") job.rounds.emplace_back();
        else if (key == "write") words >> job.rounds.back().writes.emplace_back()[0] >> job.rounds.back().writes.back()[1];
        else if (key == "restore") words >> job.rounds.back().restores.emplace_back()[0] >> job.rounds.back().restores.back()[1];
        else if (key == "keep") {
            std::array<uint32_t, 3> &keep = job.rounds.back().keeps.emplace_back();
            words >> keep[0] >> keep[1] >> keep[2];
        }
        else if (key == "config") words >> job.rounds.back().config[0] >> job.rounds.back().config[1];
        else if (key == "loading") words >> job.rounds.back().loading[0] >> job.rounds.back().loading[1];
        else if (key == "inject") words >> job.rounds.back().inject[0] >> job.rounds.back().inject[1];
        else if (key == "collect") words >> job.rounds.back().collect[0] >> job.rounds.back().collect[1] >> job.rounds.back().collect[2];
        else if (key == "drain") words >> job.rounds.back().drain;
        else if (key == "readback") words >> job.rounds.back().readback[0] >> job.rounds.back().readback[1] >> job.rounds.back().readback[2];
        else if (key == "trace") words >> job.trace;
        else if (key == "engines") words >> job.engines;
        else if (key == "membranes") words >> job.membranes;
        else if (key == "waves") words >> job.waves >> job.waves_from >> job.waves_count;
        else if (key == "result") words >> job.result;
        else if (key == "values") words >> job.values;
        else { std::cerr << "harness: unknown key " << key << "\n"; std::exit(2); }
    }
    if (!job.membranes.empty() && !MEMBRANE_WORDS) { std::cerr << "harness: built without membranes\n"; std::exit(2); }
    return job;
}

#if VM_TRACE
// A wave file, in half cycles of 500 ps.
class Waves {
  public:
    Waves(VerilatedContext *context, Vshiftfire_chip *top, const Job &job) : from_(job.waves_from), count_(job.waves_count) {
        if (job.waves.empty()) return;
        context->traceEverOn(true);
        top->eval();  // creates the tiles of a hierarchical build, which the next line would miss
        top->trace(&file_, LEVELS);
        file_.open(job.waves.c_str());
        if (!file_.isOpen()) { std::cerr << "harness: cannot write " << job.waves << "\n"; std::exit(2); }
    }

    // In the middle of cycle `now`, when its values have settled.
    void middle(uint64_t now, bool run, uint64_t cycle) {
        if (run && !began_) { began_ = true; origin_ = now; }
        records_ = file_.isOpen() && run && cycle >= from_ && cycle - from_ < count_;
        if (records_) file_.dump((now - origin_) * CYCLE_PS + CYCLE_PS / 2);
    }

    // At the end of cycle `now`.
    void end(uint64_t now) {
        if (records_) file_.dump((now - origin_ + 1) * CYCLE_PS);
    }

    void close() { if (file_.isOpen()) file_.close(); }

  private:
    static constexpr int LEVELS = 99;
    static constexpr uint64_t CYCLE_PS = 1000;
    WaveFile file_;
    uint64_t from_, count_, origin_ = 0;
    bool began_ = false, records_ = false;
};
#else
struct Waves {  // a harness without tracing
    Waves(VerilatedContext *, Vshiftfire_chip *, const Job &job) {
        if (!job.waves.empty()) { std::cerr << "harness: built without tracing\n"; std::exit(2); }
    }
    void middle(uint64_t, bool, uint64_t) {}
    void end(uint64_t) {}
    void close() {}
};
#endif

class Bench {
  public:
    explicit Bench(const Job &job)
        : job_(job), context_(new VerilatedContext), top_(new Vshiftfire_chip(context_.get())), memory_(job.words, 0),
          file_(job.memory, std::ios::binary), waves_(context_.get(), top_.get(), job) {
        top_->rst = 1;
        step();
        step();
        top_->rst = 0;
    }

    void write(uint32_t index, uint32_t value) {
        top_->bus_address = index;
        top_->bus_write_data = value;
        top_->bus_write = 1;
        step();
        top_->bus_write = 0;
    }

    uint32_t read(uint32_t index) {
        top_->bus_address = index;
        top_->eval();
        return top_->bus_read_data;
    }

    // The traces of round number `number` from here on.
    void trace(size_t number) {
        trace_.close();
        membranes_.close();
        if (!job_.trace.empty()) trace_.open(job_.trace + "." + std::to_string(number), std::ios::binary);
        if (!job_.membranes.empty()) membranes_.open(job_.membranes + "." + std::to_string(number), std::ios::binary);
        for (uint32_t &activity : activity_) activity = 0;
    }

    // One phase: start it by these bits of CONTROL, wait for the interrupt, clear that. False when the limit is reached.
    bool phase(uint32_t control) {
        write(SF_IO_CONTROL, control);
        phase_start_ = now_;
        for (uint64_t cycle = 0; cycle < job_.limit; ++cycle) {
            if (top_->irq) {
                write(SF_IO_CONTROL, 1u << SF_CONTROL_CLEAR);
                return true;
            }
            step();
        }
        return false;
    }

    // What the host does to the memory before a round.
    void fill(const Round &round) {
        for (const auto &[base, count] : round.writes) file_.read(reinterpret_cast<char *>(place(base, count)), static_cast<std::streamsize>(count) * 4);
        for (const auto &[number, base] : round.restores) {
            const std::vector<uint32_t> &words = kept_.at(number);
            std::copy(words.begin(), words.end(), place(base, static_cast<uint32_t>(words.size())));
        }
    }

    // And after it; `number` is the round's.
    void keep(const Round &round, size_t number) {
        const uint32_t *values = place(round.readback[2], round.readback[1]);
        std::ofstream(job_.values + "." + std::to_string(number), std::ios::binary)
            .write(reinterpret_cast<const char *>(values), static_cast<std::streamsize>(round.readback[1]) * 4);
        for (const auto &[name, base, count] : round.keeps) {
            const uint32_t *words = place(base, count);
            kept_[name].assign(words, words + count);
        }
    }

    void finish() {
        top_->final();
        waves_.close();
    }

    bool fault() const { return fault_; }

  private:
    // Words of the memory that the host wants.
    uint32_t *place(uint32_t base, uint32_t count) {
        if (base > memory_.size() || count > memory_.size() - base) { std::cerr << "harness: no memory words " << base << " + " << count << "\n"; std::exit(2); }
        return memory_.data() + base;
    }

    void row(uint64_t cycle, int64_t tile, uint64_t event, uint64_t flit) {
        const uint64_t words[4] = {cycle, static_cast<uint64_t>(tile), event, flit};
        trace_.write(reinterpret_cast<const char *>(words), sizeof words);
    }

    void trace_engines() {
        for_each_activity(*top_, [&](int tile, uint32_t activity) {
            const uint32_t changed = activity ^ activity_[tile];
            if (!changed) return;
            activity_[tile] = activity;
            const auto engine = [&](uint64_t event, uint32_t mask, int shift) {
                if (changed & mask) row(top_->cycle, tile, event, (activity & mask) >> shift);
            };
            engine(SF_EVENT_INTEGRATE, SF_ACTIVITY_INTEGRATE_MASK, SF_ACTIVITY_INTEGRATE_SHIFT);
            engine(SF_EVENT_FIRE, SF_ACTIVITY_FIRE_MASK, SF_ACTIVITY_FIRE_SHIFT);
            engine(SF_EVENT_EGRESS, SF_ACTIVITY_EGRESS_MASK, SF_ACTIVITY_EGRESS_SHIFT);
        });
    }

    // Word `number` of a port of up to 64 bits, or of a wider one.
    static uint32_t word_of(uint64_t value, int number) { return static_cast<uint32_t>(value >> (32 * number)); }
    template <std::size_t Words> static uint32_t word_of(const VlWide<Words> &value, int number) { return value[number]; }

    void trace_membranes() {
        for_each_membrane(*top_, [&](int tile, const auto &port) {
            if (!(word_of(port, 0) & 1)) return;  // "write", the first field
            const uint64_t place[2] = {top_->cycle, static_cast<uint64_t>(tile)};
            membranes_.write(reinterpret_cast<const char *>(place), sizeof place);
            for (int number = 0; number < MEMBRANE_WORDS; ++number) {
                const uint64_t word = word_of(port, number);
                membranes_.write(reinterpret_cast<const char *>(&word), sizeof word);
            }
        });
    }

    void step() {
        // Answer the read whose time has come, before the edge.
        const bool answers = !reads_.empty() && reads_.front().first == now_;
        top_->memory___05Frsp_valid = answers;
        if (answers) {
            top_->memory___05Frsp_data = reads_.front().second;
            reads_.pop_front();
        }
        const bool ready = (now_ - phase_start_) % job_.stall[0] < job_.stall[0] - job_.stall[1];
        top_->memory___05Freq_ready = ready;
        top_->clk = 0;
        top_->eval();
        if (ready && top_->memory___05Freq_valid) {
            const uint32_t address = top_->memory___05Freq_address;
            if (address >= memory_.size()) fault_ = true;
            else if (top_->memory___05Freq_write) memory_[address] = top_->memory___05Freq_data;
            else reads_.emplace_back(now_ + job_.latency, memory_[address]);
        }
        if (top_->run && trace_.is_open()) {
            for_each_trace(*top_, [&](int tile, uint64_t flit) { row(top_->cycle, tile, SF_EVENT_SEND, flit); });
            if (top_->trace_inject___05Fvalid) row(top_->cycle, -1, SF_EVENT_SEND, top_->trace_inject___05Fflit);
            if (top_->trace_collect___05Fvalid) row(top_->cycle, -1, SF_EVENT_COLLECT, top_->trace_collect___05Fflit);
            if (job_.engines) trace_engines();
        }
        if (top_->run && membranes_.is_open()) trace_membranes();
        waves_.middle(now_, top_->run, top_->cycle);
        top_->clk = 1;
        top_->eval();
        waves_.end(now_);
        ++now_;
    }

    const Job &job_;
    std::unique_ptr<VerilatedContext> context_;
    std::unique_ptr<Vshiftfire_chip> top_;
    std::vector<uint32_t> memory_;
    std::ifstream file_;
    std::map<uint32_t, std::vector<uint32_t>> kept_;
    Waves waves_;
    std::deque<std::pair<uint64_t, uint32_t>> reads_;
    std::ofstream trace_, membranes_;
    uint32_t activity_[TILES] = {};  // of the last traced cycle
    uint64_t now_ = 0, phase_start_ = 0;
    bool fault_ = false;
};

// Configure, run, read the counters. False when a phase reached the limit.
bool run_round(Bench &bench, const Round &round, size_t number, std::ofstream &result) {
    constexpr uint32_t CONFIGURE = 1u << SF_CONTROL_CONFIGURE;
    const uint32_t run = 1u << SF_CONTROL_RUN | round.drain << SF_CONTROL_DRAIN;
    bench.trace(number);
    bench.fill(round);
    bench.write(SF_IO_CONFIG_BASE, round.config[0]);
    bench.write(SF_IO_CONFIG_COUNT, round.config[1]);
    bool ok = bench.phase(CONFIGURE);
    result << "configured " << ok << "\n" << "config_cycles " << bench.read(SF_IO_CONFIG_CYCLES) << "\n";
    if (!ok) return false;
    bench.write(SF_IO_CONFIG_BASE, round.loading[0]);
    bench.write(SF_IO_CONFIG_COUNT, round.loading[1]);
    bench.write(SF_IO_INJECT_BASE, round.inject[0]);
    bench.write(SF_IO_INJECT_COUNT, round.inject[1]);
    bench.write(SF_IO_COLLECT_BASE, round.collect[0]);
    bench.write(SF_IO_COLLECT_LIMIT, round.collect[1]);
    bench.write(SF_IO_COLLECT_ENDS, round.collect[2]);
    ok = bench.phase(round.loading[1] ? run | CONFIGURE : run);
    result << "finished " << ok << "\n" << "cycles " << bench.read(SF_IO_CYCLES) << "\n"
           << "loading_cycles " << (round.loading[1] ? bench.read(SF_IO_CONFIG_CYCLES) : 0) << "\n"
           << "collected " << bench.read(SF_IO_COLLECT_COUNT) << "\n" << "status " << bench.read(SF_IO_STATUS) << "\n";
    if (!ok) return false;
    bench.write(SF_IO_CONFIG_BASE, round.readback[0]);
    bench.write(SF_IO_CONFIG_COUNT, round.readback[1]);
    bench.write(SF_IO_READ_BASE, round.readback[2]);
    ok = bench.phase(CONFIGURE);
    result << "read " << ok << "\n";
    bench.keep(round, number);
    return ok;
}

}  // namespace

int main(int argc, char **argv) {
    if (argc != 2) { std::cerr << "usage: harness JOB\n"; return 2; }
    const Job job = read_job(argv[1]);
    Bench bench(job);
    std::ofstream result(job.result);
    result << "fingerprint " << bench.read(SF_IO_FINGERPRINT) << "\n";
    bool ok = true;
    for (size_t number = 0; ok && number < job.rounds.size(); ++number) {
        result << "round " << number << "\n";
        ok = run_round(bench, job.rounds[number], number, result);
    }
    result << "memory_fault " << bench.fault() << "\n";
    bench.finish();
    return 0;
}
