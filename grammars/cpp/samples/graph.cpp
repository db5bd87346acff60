// A directed graph. See tests/syntax.rs for what the marks mean.
#include <vector> //: import vector
#include "graph/node.h" //: import graph/node.h

#define GRAPH_CHECK(condition) assert(condition) //: macro GRAPH_CHECK pub

namespace graph { //: module graph pub

constexpr int kMaxNodes = 1 << 16; //: variable kMaxNodes pub in=graph

/// What can be visited.
class Visitor { //: class Visitor pub in=graph doc="What can be visited."
 public:
  virtual ~Visitor() = default; //: method ~Visitor pub in=Visitor
  /// Called once for each node.
  virtual bool visit(const Node& node) = 0; //: method visit pub in=Visitor doc="Called once"
};

enum class Color : int { //: enum Color pub in=graph
  kWhite, //: variant kWhite pub in=Color
  kBlack = 2, //: variant kBlack pub in=Color
};

struct Edge { //: struct Edge pub in=graph
  int from, to; //: attribute from pub in=Edge | attribute to pub in=Edge
  double weight = 1.0; //: attribute weight pub in=Edge
};

/// Nodes and edges.
template <typename T, class Allocator = std::allocator<T>>
class Graph final : public Container<T>, private detail::Storage { //: class Graph pub in=graph bases=Container,Storage doc="Nodes and edges."
 public:
  using Index = std::size_t; //: type Index pub in=Graph
  static constexpr int kBlock = 64; //: attribute kBlock pub in=Graph

  Graph() = default; //: method Graph pub in=Graph
  explicit Graph(Index size); //: method Graph pub in=Graph
  Graph(const Graph& other) : nodes_(other.nodes_) {} //: method Graph pub in=Graph
  ~Graph(); //: method ~Graph pub in=Graph

  bool operator==(const Graph& other) const; //: method operator== pub in=Graph
  const T& at(Index index) const { return nodes_[index]; } //: method at pub in=Graph
  void walk(Visitor& visitor) const override; //: method walk pub in=Graph
  static Graph* make(Index size); //: method make pub in=Graph
  Graph& operator=(Graph&&) = delete; //: method operator= pub in=Graph
  friend std::ostream& operator>>(std::istream& in, Graph& graph); //: method operator>> pub in=Graph

 private:
  // In the order in which they came.
  std::vector<T> nodes_; //: attribute nodes_ pub in=Graph doc="In the order"
  std::vector<Edge> edges_{}; //: attribute edges_ pub in=Graph
  const T& first_; //: attribute first_ pub in=Graph
  Edge* table_[2][3]; //: attribute table_ pub in=Graph
};

template <typename T, class A>
void Graph<T, A>::walk(Visitor& visitor) const { //: method walk pub in=Graph to=+9
  for (const T& node : nodes_) {
    if (!visitor.visit(node)) {
      //                ^ expression in graph > walk block=-1..+3
      return;
    }
  }
  // Nobody said stop.
  //   ^ comment in graph > walk
}

template <>
struct Traits<Edge> : Default { //: struct Traits pub in=graph bases=Default
  static const int size; //: attribute size pub in=Traits
};

template <>
int weigh<Edge>(const Edge& edge) { //: function weigh pub in=graph
  int local = edge.from;
  return local;
}

template <typename T>
concept Hashable = requires(T value) { value.hash(); }; //: interface Hashable pub in=graph

namespace { //
int visits = 0; //: variable visits pub in=graph
}  // namespace

int count_edges(const Edge* edges, int count) { //: function count_edges pub in=graph
  return std::accumulate(edges, edges + count, kMaxNodes);
}

}  // namespace graph

using graph::Edge;
namespace lists = graph::detail; //: module lists pub

const int graph::Limits::most = 8; //: attribute most pub in=Limits

bool graph::Visitor::visit(const Node& node) { //: method visit pub in=Visitor
  const char* text = "not a node";
  //                     ^ string expression in visit
  return graph::count_edges(nullptr, 0) == 0 && text;
}

graph::Registry::~Registry() {} //: method ~Registry pub in=Registry
graph::Registry::Registry() = default; //: method Registry pub in=Registry

struct graph::Registry::Entry { //: struct Entry pub in=Registry
  int count; //: attribute count pub in=Entry
};

std::ostream& operator<<(std::ostream& out, const graph::Edge& edge) { //: function operator<< pub
  return out << edge.weight;
}

extern "C" {
int graph_version(void); //: function graph_version pub
}
//: uses Edge=9 Visitor=5 nodes_=5 kMaxNodes=2 count_edges=2
