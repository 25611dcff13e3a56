// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/fuzz/RandomProgram.h"

#include <fmt/format.h>

#include <random>
#include <vector>

namespace nissl::fuzz {
namespace {

using program::Precision;

struct ExtentInfo {
  std::string name;
  int size;
};

class Generator {
public:
  Generator(uint64_t seed, const RandomProgramOptions& options) : options(options), random(seed) {
    fixed = options.precision == Precision::Fixed;
    type = fixed ? "i32" : options.precision == Precision::F32 ? "f32" : "f64";
  }

  std::string generate() {
    maxDelay = pick(0, 12);
    extents = {{"A", pick(1, 140)}, {"B", chance(10) ? 0 : pick(1, 70)}, {"R", 1}};
    line("step.program @random dt 1.0e-4 {{");
    for (const ExtentInfo& extent : extents) {
      declareExtent(extent);
    }
    int tables = pick(1, 4);
    for (int t = 0; t < tables; ++t) {
      declareTable(t);
    }
    line("step.setup {{");
    for (const ExtentInfo& extent : extents) {
      setUpExtent(extent);
    }
    for (const Table& table : madeTables) {
      setUpTable(table);
    }
    line("}}");
    schedule();
    line("}}");
    return text;
  }

private:
  struct Table {
    std::string name, source, target;
    bool delayField;
    int delay;
  };

  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); }
  bool chance(int percent) { return pick(1, 100) <= percent; }
  template <typename... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    text += fmt::format(format, std::forward<Args>(args)...) + "\n";
  }
  std::string fresh() { return fmt::format("%v{}", next++); }
  std::string suffix() const { return fixed ? " frac 16" : ""; }

  //===-- Values -------------------------------------------------------------------------------===//

  std::string number(double value) {
    std::string name = fresh();
    if (fixed) {
      line("{} = arith.constant {} : i32", name, static_cast<int>(value * 65536));
    } else {
      line("{} = arith.constant {:.9e} : {}", name, value, type);
    }
    return name;
  }
  std::string integer(int64_t value, const char* width = "i32") {
    std::string name = fresh();
    line("{} = arith.constant {} : {}", name, value, width);
    return name;
  }
  std::string binary(const std::string& op, const std::string& a, const std::string& b,
                     const std::string& of) {
    std::string name = fresh();
    line("{} = arith.{} {}, {} : {}", name, op, a, b, of);
    return name;
  }
  std::string bits() {
    std::string name = fresh();
    line("{} = step.random_bits stream \"s{}\" draw {} word {} : i32", name, pick(0, 5), draw++, pick(0, 3));
    return name;
  }
  /// A random number in [-1, 1).
  std::string noise() {
    std::string shifted = binary("shrsi", bits(), integer(fixed ? 15 : 8), "i32");
    if (fixed) {
      return shifted;
    }
    std::string name = fresh();
    line("{} = arith.sitofp {} : i32 to {}", name, shifted, type);
    return binary("mulf", name, number(1.0 / (1 << 23)), type);
  }
  std::string greater(const std::string& a, const std::string& b) {
    std::string name = fresh();
    if (fixed) {
      line("{} = arith.cmpi sgt, {}, {} : i32", name, a, b);
    } else {
      line("{} = arith.cmpf ogt, {}, {} : {}", name, a, b, type);
    }
    return name;
  }
  std::string product(const std::string& a, const std::string& b) {
    if (!fixed) {
      return binary("mulf", a, b, type);
    }
    std::string name = fresh();
    line("{} = step.mulq {}, {} shift 16 : i32", name, a, b);
    return name;
  }
  std::string clamp(const std::string& value, double bound) {
    std::string low = binary(fixed ? "maxsi" : "maximumf", value, number(-bound), type);
    return binary(fixed ? "minsi" : "minimumf", low, number(bound), type);
  }
  /// A random expression over `pool`, within [-bound, bound].
  std::string expression(std::vector<std::string> pool, double bound) {
    pool.push_back(number(pick(-30, 30) / 16.0));
    if (chance(40)) {
      pool.push_back(noise());
    }
    int ops = pick(1, 6);
    for (int i = 0; i < ops; ++i) {
      const std::string a = pool[pick(0, static_cast<int>(pool.size()) - 1)];
      const std::string b = pool[pick(0, static_cast<int>(pool.size()) - 1)];
      pool.push_back(clamp(operation(a, b), 64));
    }
    return clamp(pool.back(), bound);
  }
  std::string operation(const std::string& a, const std::string& b) {
    switch (pick(0, 5)) {
    case 0:
      return binary(fixed ? "addi" : "addf", a, b, type);
    case 1:
      return binary(fixed ? "subi" : "subf", a, b, type);
    case 2:
      return product(a, b);
    case 3:
      return binary(fixed ? "maxsi" : "maximumf", a, b, type);
    case 4:
      return binary(fixed ? "minsi" : "minimumf", a, b, type);
    default: {
      std::string over = greater(a, b), name = fresh();
      line("{} = arith.select {}, {}, {} : {}", name, over, b, a, type);
      return name;
    }
    }
  }

  //===-- Declarations -------------------------------------------------------------------------===//

  void declareExtent(const ExtentInfo& extent) {
    const std::string& n = extent.name;
    line("step.extent @{} size {}", n, extent.size);
    line("step.state @{}.u of @{} : {}{}", n, n, type, suffix());
    if (options.chipOnly) {
      line("step.state @{}.h of @{} : {}{}", n, n, type, suffix());
    } else {
      line("step.state @{}.h of @{} : {} history {}{}", n, n, type, maxDelay + 3, suffix());
    }
    line("step.state @{}.k of @{} : i32", n, n);
    line("step.port @{}.p of @{} : {} slots {}{}", n, n, type, maxDelay + 1 + pick(0, 3), suffix());
    line("step.port @{}.q of @{} : {} slots 3{}", n, n, type, suffix());
    line("step.events @{}.e of @{}", n, n);
    line("step.input @{}.in of @{} : {}{}", n, n, type, suffix());
    line("step.probe @{}.probe of @{}.u every {}", n, n, pick(1, 7));
  }

  const ExtentInfo& anyExtent() { return extents[pick(0, 1)]; }

  void declareTable(int number) {
    const ExtentInfo &source = anyExtent(), &target = anyExtent();
    Table table{fmt::format("T{}", number), source.name, target.name, chance(50), pick(0, maxDelay)};
    std::string rule;
    bool autapses = source.name != target.name || chance(50);
    int room = target.size - (autapses ? 0 : 1);
    switch (pick(0, 4)) {
    case 0:
      rule = "all_to_all";
      break;
    case 1:
      rule = fmt::format("bernoulli, probability = {:.1f} : f64", pick(0, 10) / 10.0);
      break;
    case 2:
      if (room > 0) {
        rule = fmt::format("fixed_outdegree, count = {}, multapses = {}",
                           pick(1, std::max(1, std::min(room, 20))), chance(50) ? "true" : "false");
        break;
      }
      [[fallthrough]];
    case 3:
      if (source.size - (autapses ? 0 : 1) > 0) {
        rule = fmt::format("fixed_indegree, count = {}, multapses = true", pick(1, 10));
        break;
      }
      [[fallthrough]];
    default:
      rule = "all_to_all";
    }
    if (rule == "all_to_all") {
      rule += ", multapses = false";
    }
    line("step.synapses @{} from @{} to @{} connect #step.connect<{}, autapses = {}> delay {}", table.name,
         source.name, target.name, rule, autapses ? "true" : "false",
         table.delayField ? fmt::format("@{}.d in [0, {}]", table.name, maxDelay)
                          : std::to_string(table.delay));
    line("step.state @{}.w of @{} : {}{}", table.name, table.name, type, suffix());
    line("step.state @{}.z of @{} : {}{}", table.name, table.name, type, suffix());
    if (table.delayField) {
      line("step.state @{}.d of @{} : i32", table.name, table.name);
    }
    madeTables.push_back(table);
  }

  void setUpExtent(const ExtentInfo& extent) {
    line("step.map @{} () {{", extent.name);
    std::string u = expression({}, 8), h = noise();
    line("step.yield @{0}.u = {1} : {3}, @{0}.h = {2} : {3} }}", extent.name, u, h, type);
  }

  void setUpTable(const Table& table) {
    line("step.traverse @{} all () {{", table.name);
    std::string w = expression({}, 0.5), z = noise(), delay;
    if (table.delayField) {
      std::string low = binary("andi", bits(), integer(1023), "i32");
      std::string scaled = binary("muli", low, integer(maxDelay + 1), "i32");
      delay = fmt::format(", @{}.d = {} : i32", table.name, binary("shrui", scaled, integer(10), "i32"));
    }
    line("step.yield @{0}.w = {1} : {3}, @{0}.z = {2} : {3}{4} }}", table.name, w, z, type, delay);
  }

  //===-- The schedule -------------------------------------------------------------------------===//

  void schedule() {
    for (const Table& table : madeTables) {
      traverse(table);
    }
    if (chance(80)) {
      line("step.sample");
    }
    for (const ExtentInfo& extent : extents) {
      map(extent);
    }
    if (options.chipOnly) {
      return;
    }
    for (const ExtentInfo& extent : extents) {
      line("step.push @{}.h", extent.name);
    }
    line("step.every {} offset 1 {{", pick(2, 9));
    const Table& table = madeTables.front();
    line("step.traverse @{} all (%w = @{}.w : {}, %da = broadcast @R.u : {}) {{", table.name, table.name,
         type, type);
    std::string w = expression({"%w", "%da"}, 0.5);
    line("step.yield @{}.w = {} : {} }}", table.name, w, type);
    line("step.reduce {} @{}.w by {}", chance(50) ? "sum" : "max", table.name,
         chance(50) ? "all into @R.h" : fmt::format("post into @{}.h", table.target));
    line("}}");
    if (chance(50)) {
      line("step.when @A.e {{");
      line("step.restore @R.u");
      line("}}");
    }
  }

  void traverse(const Table& table) {
    if (options.chipOnly || chance(50)) {
      std::string pre = options.chipOnly ? "" : fmt::format(", %u = pre @{}.u : {}", table.source, type);
      line("step.traverse @{} emit on @{}.e (%w = @{}.w : {}{}) {{", table.name, table.source, table.name,
           type, pre);
      std::string sent = options.chipOnly ? "%w" : expression({"%w", "%u"}, 0.5);
      line("step.yield port @{}.p += {} : {} }}", table.target, sent, type);
      if (options.chipOnly) {
        return;
      }
    } else {
      line("step.traverse @{} arrive on @{}.e (%w = @{}.w : {}, %z = @{}.z : {}, %y = post @{}.u : {}, %x = "
           "pre @{}.h lag "
           "delay : {}) {{",
           table.name, table.source, table.name, type, table.name, type, table.target, type, table.source,
           type);
      std::string z = expression({"%w", "%z", "%y", "%x"}, 4), sent = expression({"%w", "%x"}, 0.5);
      std::string after = binary("andi", bits(), integer(1), "i32");
      line("step.yield @{}.z = {} : {}, port @{}.q after {} += {} : {} }}", table.name, z, type, table.target,
           after, sent, type);
    }
    if (chance(60)) {
      line("step.traverse @{} back on @{}.e (%z = @{}.z : {}, %x = pre @{}.h lag delay : {}) {{", table.name,
           table.target, table.name, type, table.source, type);
      std::string z = expression({"%z", "%x"}, 4);
      line("step.yield @{}.z = {} : {}, port @{}.q += {} : {} }}", table.name, z, type, table.target, "%x",
           type);
    }
  }

  void map(const ExtentInfo& extent) {
    const std::string& n = extent.name;
    std::string lagged =
        options.chipOnly ? "" : fmt::format(", %lag = @{}.h lag {} : {}", n, pick(0, maxDelay + 2), type);
    std::string broadcast =
        n == "R" || options.chipOnly ? "" : fmt::format(", %da = broadcast @R.u : {}", type);
    line("step.map @{0} (%u = @{0}.u : {1}, %h = @{0}.h : {1}, %k = @{0}.k : i32, %p = @{0}.p : {1}, %q = "
         "@{0}.q : {1}, "
         "%in = @{0}.in : {1}{2}{3}) {{",
         n, type, lagged, broadcast);
    std::vector<std::string> pool = {"%u", "%h", "%p", "%q", "%in"};
    if (!lagged.empty()) {
      pool.push_back("%lag");
    }
    if (!broadcast.empty()) {
      pool.push_back("%da");
    }
    std::string u = expression(pool, 8), h = expression(pool, 2);
    std::string drive = binary(fixed ? "addi" : "addf", u, clamp("%p", 4), type);
    std::string over = greater(drive, number(pick(-24, 8) / 8.0));
    std::string rare = fresh();
    line("{} = arith.cmpi eq, {}, {} : i32", rare, binary("andi", bits(), integer(chance(50) ? 1 : 7), "i32"),
         integer(0));
    std::string fire = binary("andi", over, rare, "i1");
    std::string one = fresh();
    line("{} = arith.extui {} : i1 to i32", one, fire);
    std::string k = binary("addi", "%k", one, "i32");
    std::string later =
        options.chipOnly ? ""
                         : fmt::format(", port @{}.q after {} += {} : {}", n, integer(pick(1, 2)), h, type);
    line("step.yield @{0}.u = {1} : {2}, @{0}.h = {3} : {2}, @{0}.k = {4} : i32, event @{0}.e if {5} : i1{6} "
         "}}",
         n, u, type, h, k, fire, later);
  }

  RandomProgramOptions options;
  std::mt19937_64 random;
  bool fixed;
  std::string type;
  std::string text;
  int next = 0, draw = 0, maxDelay = 0;
  std::vector<ExtentInfo> extents;
  std::vector<Table> madeTables;
};

} // namespace

std::string randomProgram(uint64_t seed, const RandomProgramOptions& options) {
  return Generator(seed, options).generate();
}

} // namespace nissl::fuzz
