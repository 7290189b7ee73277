#include "codec/xml_codec.h"

#include <charconv>
#include <cmath>
#include <pugixml.hpp>

#include "base/json.h"
#include "base/text.h"

namespace terrarium::codec {
namespace {

template <class T>
const T& At(const void* p) {
  return *static_cast<const T*>(p);
}

void Open(std::string& out, std::string_view name) {
  out += '<';
  out += name;
  out += '>';
}
void Close(std::string& out, std::string_view name) {
  out += "</";
  out += name;
  out += '>';
}

void EncodeValue(const Tables& t, std::uint16_t index, const void* p, TimeFormat time, std::string& out);

void EncodeItems(const Tables& t, const Shape& s, const RawList& list, std::string_view item, std::string& out) {
  for (std::uint32_t i = 0; i < list.count; ++i) {
    const char* at = list.items + std::size_t{i} * s.size;
    Open(out, item);
    if (s.kind == Kind::kMap) {
      Open(out, t[s.item]);
      AppendXmlText(out, At<Str>(at).view());
      Close(out, t[s.item]);
      Open(out, t[s.value]);
      EncodeValue(t, s.element, at + kMapValueOffset, TimeFormat::kDefault, out);
      Close(out, t[s.value]);
    } else {
      EncodeValue(t, s.element, at, TimeFormat::kDefault, out);
    }
    Close(out, item);
  }
}

void EncodeValue(const Tables& t, std::uint16_t index, const void* p, TimeFormat time, std::string& out) {
  const Shape& s = t.shapes[index];
  switch (s.kind) {
    case Kind::kString: return AppendXmlText(out, At<Str>(p).view());
    case Kind::kBlob: out += Base64Encode(At<Str>(p).view()); return;
    case Kind::kBoolean: out += At<bool>(p) ? "true" : "false"; return;
    case Kind::kInteger: out += std::to_string(At<std::int32_t>(p)); return;
    case Kind::kLong: out += std::to_string(At<std::int64_t>(p)); return;
    case Kind::kDouble: {
      const double v = At<double>(p);
      if (std::isnan(v)) out += "NaN";
      else if (std::isinf(v)) out += v > 0 ? "Infinity" : "-Infinity";
      else AppendJsonNumber(out, v);
      return;
    }
    case Kind::kTimestamp: {
      const std::int64_t v = At<std::int64_t>(p);
      if (time == TimeFormat::kUnix) AppendJsonNumber(out, static_cast<double>(v) / 1000);
      else if (time == TimeFormat::kHttpDate) out += FormatHttpDate(v);
      else out += FormatIso8601(v, v % 1000 != 0);
      return;
    }
    case Kind::kList: return EncodeItems(t, s, At<RawList>(p), t[s.item], out);
    case Kind::kMap: return EncodeItems(t, s, At<RawList>(p), "entry", out);
    case Kind::kStructure: return EncodeXml(t, index, p, out);
  }
}

bool ParseDouble(std::string_view text, double& out) {
  if (text == "NaN") return (out = NAN, true);
  if (text == "Infinity") return (out = INFINITY, true);
  if (text == "-Infinity") return (out = -INFINITY, true);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(out);
}

class Decoder {
 public:
  Decoder(const Tables& tables, Arena& arena) : t_(tables), arena_(arena) {}

  Status Structure(std::uint16_t index, void* p, pugi::xml_node node) {
    const Shape& s = t_.shapes[index];
    for (const Member *m = t_.members + s.first, *end = m + s.count; m < end; ++m) {
      if (m->location != Location::kBody) continue;
      const std::string name(t_[m->wire]);
      const Shape& target = t_.shapes[m->shape];
      const bool many = target.kind == Kind::kList || target.kind == Kind::kMap;
      pugi::xml_node child = node.child(name.c_str());
      if (!child) continue;
      void* at = Emplace(t_, *m, p, arena_);
      if (many && (m->flags & kFlattened) != 0) {
        MakePresent(arena_, *static_cast<RawList*>(at));
        for (; child; child = child.next_sibling(name.c_str())) TRY(Item(target, *static_cast<RawList*>(at), child));
      } else {
        TRY(Value(m->shape, at, child, m->time));
      }
    }
    return {};
  }

 private:
  Status Item(const Shape& s, RawList& list, pugi::xml_node node) {
    auto* at = static_cast<char*>(AddItem(arena_, list, s.size));
    if (s.kind == Kind::kList) return Value(s.element, at, node, TimeFormat::kDefault);
    *reinterpret_cast<Str*>(at) = arena_.Copy(node.child(std::string(t_[s.item]).c_str()).text().get());
    return Value(s.element, at + kMapValueOffset, node.child(std::string(t_[s.value]).c_str()), TimeFormat::kDefault);
  }

  // The document must not choose how deep the stack gets.
  Status Value(std::uint16_t index, void* p, pugi::xml_node node, TimeFormat time) {
    if (depth_ == kMaxDepth) return Fail(ErrorKind::kInvalid, "the answer is nested too deeply");
    ++depth_;
    const Status done = ValueHere(index, p, node, time);
    --depth_;
    return done;
  }

  Status ValueHere(std::uint16_t index, void* p, pugi::xml_node node, TimeFormat time) {
    const Shape& s = t_.shapes[index];
    const std::string_view text = node.text().get();
    const auto wrong = [&] { return Fail(ErrorKind::kInvalid, "element " + std::string(node.name()) + " does not hold what its type says"); };
    switch (s.kind) {
      case Kind::kString: *static_cast<Str*>(p) = arena_.Copy(text); return {};
      case Kind::kBlob: {
        const auto bytes = Base64Decode(text);
        if (!bytes) return wrong();
        *static_cast<Str*>(p) = arena_.Copy(*bytes);
        return {};
      }
      case Kind::kBoolean:
        if (text != "true" && text != "false") return wrong();
        *static_cast<bool*>(p) = text == "true";
        return {};
      case Kind::kInteger: {
        const auto v = ParseInt(text);
        if (!v || *v < INT32_MIN || *v > INT32_MAX) return wrong();
        *static_cast<std::int32_t*>(p) = static_cast<std::int32_t>(*v);
        return {};
      }
      case Kind::kLong: {
        const auto v = ParseInt(text);
        if (!v) return wrong();
        *static_cast<std::int64_t*>(p) = *v;
        return {};
      }
      case Kind::kDouble: return ParseDouble(text, *static_cast<double*>(p)) ? Status() : wrong();
      case Kind::kTimestamp: {
        double seconds = 0;
        const auto v = time == TimeFormat::kHttpDate ? ParseHttpDate(text) : ParseIso8601(text);
        if (v) *static_cast<std::int64_t*>(p) = *v;
        else if (ParseDouble(text, seconds) && std::fabs(seconds) <= 1e14) *static_cast<std::int64_t*>(p) = std::llround(seconds * 1000);
        else return wrong();
        return {};
      }
      case Kind::kList:
      case Kind::kMap: {
        auto& list = *static_cast<RawList*>(p);
        MakePresent(arena_, list);
        for (pugi::xml_node item : node.children())
          if (item.type() == pugi::node_element) TRY(Item(s, list, item));
        return {};
      }
      case Kind::kStructure: return Structure(index, p, node);
    }
    return {};
  }

  static constexpr int kMaxDepth = 128;
  const Tables& t_;
  Arena& arena_;
  int depth_ = 0;
};

}  // namespace

void AppendXmlText(std::string& out, std::string_view s) {
  for (const char c : s) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      case '\r': out += "&#xD;"; break;
      default:
        // XML 1.0 has no way to write other control characters; the replacement character keeps the document readable.
        if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') out += "\xEF\xBF\xBD";
        else out += c;
    }
  }
}

void EncodeXml(const Tables& t, std::uint16_t index, const void* structure, std::string& out) {
  const Shape& s = t.shapes[index];
  for (const Member *m = t.members + s.first, *end = m + s.count; m < end; ++m) {
    if (m->location != Location::kBody) continue;
    const void* value = Present(t, *m, structure);
    if (value == nullptr) continue;
    const Shape& target = t.shapes[m->shape];
    if ((target.kind == Kind::kList || target.kind == Kind::kMap) && (m->flags & kFlattened) != 0) {
      EncodeItems(t, target, At<RawList>(value), t[m->wire], out);
      continue;
    }
    Open(out, t[m->wire]);
    EncodeValue(t, m->shape, value, m->time, out);
    Close(out, t[m->wire]);
  }
}

Status DecodeXml(const Tables& tables, std::uint16_t shape, void* structure, std::string_view document, const char* element_path, Arena& arena) {
  pugi::xml_document xml;
  // No DTD, no entities of the document's own: pugixml expands only the five of XML and character references.
  if (!xml.load_buffer(document.data(), document.size(), pugi::parse_default | pugi::parse_ws_pcdata_single)) return Fail(ErrorKind::kInvalid, "the answer is not XML");
  const pugi::xml_node node = xml.first_element_by_path(element_path);
  if (!node) return Fail(ErrorKind::kInvalid, "the answer has no element " + std::string(element_path));
  return Decoder(tables, arena).Structure(shape, structure, node);
}

Result<XmlError> DecodeXmlError(std::string_view document) {
  pugi::xml_document xml;
  if (!xml.load_buffer(document.data(), document.size())) return Fail(ErrorKind::kInvalid, "the answer is not XML");
  pugi::xml_node error = xml.first_element_by_path("ErrorResponse/Error");
  if (!error) error = xml.first_element_by_path("Response/Errors/Error");
  if (!error) error = xml.child("Error");
  if (!error) return Fail(ErrorKind::kInvalid, "the answer is no error document");
  std::string id = xml.document_element().child("RequestId").text().get();
  if (id.empty()) id = xml.document_element().child("RequestID").text().get();
  return XmlError{error.child("Code").text().get(), error.child("Message").text().get(), std::move(id)};
}

}  // namespace terrarium::codec
