// A header of C++ that is called like one of C.
#pragma once

#include <vector> //: import vector

namespace app::core::memory { //: module app pub | module core pub in=app | module memory pub in=core

// Keeps blocks for later.
class Pool final { //: class Pool pub in=memory doc="Keeps blocks"
 public:
  explicit operator bool() const { return size_ > 0; } //: method operator bool pub in=Pool
  operator const char*() const; //: method operator const char* pub in=Pool
  template <class T>
  operator std::vector<T>() const { return {}; } //: method operator std::vector<T> pub in=Pool
  Pool& operator=(const Pool& other) = default; //: method operator= pub in=Pool

 private:
  int size_ = 0; //: attribute size_ pub in=Pool
  //: uses size_=3 Pool=6
};

inline Pool& shared = *new Pool(); //: variable shared pub in=memory

}  // namespace app::core::memory

memory::Pool::operator int() const { //: method operator int pub in=Pool
  return size_;
}
