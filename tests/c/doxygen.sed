# The headers as Doxygen wants to see them: every comment is documentation. What the rules at the head of
# portcullis.h say of every struct is said of each.
1s#^/\*$#/** @file#
t
/^ *\/\* -----/b
s#^\( *\)/\* #\1/** #
s#^\( *\)/\*$#\1/**#
s#\([;,{0-9]\)\( *\)/\* \(.*\) \*/$#\1\2/**< \3 */#
s#^    size_t size;$#& /**< what the _INIT macro says */#
s#^    int32_t reserved;$#& /**< zero */#
s#^    size_t path_len;$#& /**< of the path */#
s#^    size_t bytes_len;$#& /**< of the bytes */#
s#^    const char \*data;$#& /**< where it is */#
s#^    portcullis_\(kind\|effect\) \1;$#& /**< the \1 */#
s/^#define PORTCULLIS_[A-Z]*_INIT/\/** Initialises one. *\/\n&/
