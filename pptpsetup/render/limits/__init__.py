"""Why a tunnel cannot be had on a system, one small rule per reason; `render.carry` asks them all."""
